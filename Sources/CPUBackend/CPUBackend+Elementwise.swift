import Backends
import CVectorLoops

// What each operation does to one element is defined in `ElementFunctions.swift` of `Backends`.
extension CPUBackend {
  public func unary(_ operation: UnaryOperation, _ input: any Storage) -> any Storage {
    guard failure.arePresent(input, operation: "unary") else { return missing(input.count) }
    let count = input.count
    let x = read(input, count, "unary")
    if case .activation(let activation) = operation {
      let (kind, parameter) = activation.loop
      return compute(count) { output, range in
        vl_activate(kind, parameter, x + range.lowerBound, output + range.lowerBound, range.count)
      }
    }
    let (kind, first, second) = operation.loop
    return compute(count) { output, range in
      vl_unary(kind, first, second, x + range.lowerBound, output + range.lowerBound, range.count)
    }
  }

  public func binary(
    _ operation: BinaryOperation, _ left: any Storage, _ right: any Storage, _ broadcast: Broadcast
  ) -> any Storage {
    guard failure.arePresent(left, right, operation: "binary") else { return missing(broadcast.count) }
    let a = read(left, left.count, "binary, left"), b = read(right, right.count, "binary, right")
    let (kind, parameter) = operation.loop
    let shape = broadcast.shape, last = shape.count - 1
    let count = shape[last], leftStep = broadcast.leftStrides[last], rightStep = broadcast.rightStrides[last]
    if last == 0 {
      require(
        (leftStep == 0 || left.count == count) && (rightStep == 0 || right.count == count),
        "binary \(operation): \(left.count) and \(right.count) values broadcast to \(shape)")
      return compute(count) { output, range in
        let start = range.lowerBound
        vl_binary(
          kind, parameter, a + start * leftStep, 0, leftStep, b + start * rightStep, 0, rightStep,
          output + start, 1, range.count)
      }
    }
    // The loops take the two innermost axes; the others are walked here.
    let rows = shape[last - 1], leftRow = broadcast.leftStrides[last - 1]
    let rightRow = broadcast.rightStrides[last - 1]
    return make(broadcast.count) { output in
      forEachOffset(of: shape.dropLast(2), broadcast.leftStrides, broadcast.rightStrides) { plane, l, r in
        team.forEachRange(ofHeavy: rows, weight: count) { range in
          let row = range.lowerBound
          vl_binary(
            kind, parameter, a + l + row * leftRow, leftRow, leftStep, b + r + row * rightRow, rightRow,
            rightStep, output + (plane * rows + row) * count, range.count, count)
        }
      }
    }
  }

  public func select(_ condition: any Storage, _ left: any Storage, _ right: any Storage) -> any Storage {
    guard failure.arePresent(condition, left, right, operation: "select") else { return missing(condition.count) }
    let count = condition.count
    let chosen = read(condition, count, "select, condition")
    let a = read(left, count, "select, left"), b = read(right, count, "select, right")
    return compute(count) { output, range in
      let start = range.lowerBound
      vl_select(chosen + start, a + start, b + start, output + start, range.count)
    }
  }

  /// In place: adds a bias of one value a channel, then applies the activation.
  func finish(
    _ values: UnsafeMutablePointer<Float>, rows: Int, channels: Int, bias: UnsafePointer<Float>?,
    activation: Activation
  ) {
    guard bias != nil || activation != .identity else { return }
    let (kind, parameter) = activation.loop
    team.forEachRange(of: rows, weight: channels) { range in
      vl_bias_activate(bias, kind, parameter, values + range.lowerBound * channels, range.count, channels)
    }
  }
}

/// Calls `body` with the row-major number of every index of `shape` and its offsets in two strided views,
/// whose strides may go on with further, inner axes.
func forEachOffset(
  of shape: ArraySlice<Int>, _ firstStrides: [Int], _ secondStrides: [Int],
  _ body: (_ number: Int, _ firstOffset: Int, _ secondOffset: Int) -> Void
) {
  for number in 0..<shape.reduce(1, *) {
    var rest = number, first = 0, second = 0
    for axis in shape.indices.reversed() {
      let index = rest % shape[axis]
      rest /= shape[axis]
      first += index * firstStrides[axis]
      second += index * secondStrides[axis]
    }
    body(number, first, second)
  }
}

extension Activation {
  /// Which loop it is, with its constant.
  var loop: (kind: VLActivation, parameter: Float) {
    switch self {
    case .identity: (.identity, 0)
    case .relu: (.reLU, 0)
    case .leakyReLU(let slope): (.leakyReLU, slope)
    case .sigmoid: (.sigmoid, 0)
    case .tanh: (.tanh, 0)
    case .elu(let alpha): (.ELU, alpha)
    }
  }
}

extension UnaryOperation {
  fileprivate var loop: (kind: VLUnary, first: Float, second: Float) {
    switch self {
    case .activation: fatalError("activations have loops of their own")
    case .affine(let scale, let offset): (.affine, scale, offset)
    case .exponential: (.exponential, 0, 0)
    case .logarithm: (.logarithm, 0, 0)
    case .logarithmOnePlus: (.logarithmOnePlus, 0, 0)
    case .exponentialMinusOne(let scale): (.exponentialMinusOne, scale, 0)
    case .squareRoot: (.squareRoot, 0, 0)
    case .reciprocalSquareRoot: (.reciprocalSquareRoot, 0, 0)
    case .square: (.square, 0, 0)
    case .reciprocal: (.reciprocal, 0, 0)
    case .absolute: (.absolute, 0, 0)
    case .sign: (.sign, 0, 0)
    case .floor: (.floor, 0, 0)
    case .sine: (.sine, 0, 0)
    case .cosine: (.cosine, 0, 0)
    case .softplus: (.softplus, 0, 0)
    case .clamp(let low, let high): (.clamp, low, high)
    case .power(let exponent): (.power, exponent, 0)
    }
  }
}

extension BinaryOperation {
  /// Which loop it is, with its constant.
  var loop: (kind: VLBinary, parameter: Float) {
    switch self {
    case .add: (.add, 0)
    case .subtract: (.subtract, 0)
    case .multiply: (.multiply, 0)
    case .divide: (.divide, 0)
    case .maximum: (.maximum, 0)
    case .minimum: (.minimum, 0)
    case .power: (.power, 0)
    case .equal: (.equal, 0)
    case .greater: (.greater, 0)
    case .greaterOrEqual: (.greaterOrEqual, 0)
    case .sigmoidCrossEntropy: (.sigmoidCrossEntropy, 0)
    case .sigmoidMinus(let scale): (.sigmoidMinus, scale)
    case .unitNormalDivergence(let scale): (.unitNormalDivergence, scale)
    case .activationGradient(let activation):
      switch activation {
      case .identity: (.gradientIdentity, 0)
      case .relu: (.gradientReLU, 0)
      case .leakyReLU(let slope): (.gradientLeakyReLU, slope)
      case .sigmoid: (.gradientSigmoid, 0)
      case .tanh: (.gradientTanh, 0)
      case .elu(let alpha): (.gradientELU, alpha)
      }
    }
  }
}
