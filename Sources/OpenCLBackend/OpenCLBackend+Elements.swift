import Backends
import Kernels

extension OpenCLBackend {
  /// The most numbers that are kept.
  private static let mostNumbers = 64

  public func fill(_ value: Float, count: Int) -> any Storage {
    if count == 1, let kept = numbers.withLock({ $0[value.bitPattern] }) { return kept }
    return produce(count) { output in
      let wide = needsWideIndices(count), width = runtime.flatWidth
      let kernel = try runtime.kernel(.elementwise, "fill", defines: elementDefines(count))
      try runtime.launchShared(
        kernel, units: count.dividedUp(by: width), cost: width, .float(value), runtime.index(count, wide: wide),
        .buffer(output))
      guard count == 1 else { return }
      numbers.withLock { kept in
        if kept.count == Self.mostNumbers { kept = [:] }
        kept[value.bitPattern] = output
      }
    }
  }

  public func unary(_ operation: UnaryOperation, _ input: any Storage) -> any Storage {
    produce(input.count) { output in
      let (macro, p, q) = operation.macro
      let count = input.count, width = operation.mixesLanes ? 1 : runtime.flatWidth
      let kernel = try runtime.kernel(
        .elementwise, "unary_" + macro,
        defines: [
          "WIDTH": width, needsWideIndices(count) ? "WIDE" : "NARROW": 1, runtime.storing(count, columns: width): 1,
        ])
      try runtime.launchShared(
        kernel, units: count.dividedUp(by: width), cost: 2 * width, .float(p), .float(q),
        runtime.index(count, wide: needsWideIndices(count)), buffer(input), .buffer(output))
    }
  }

  public func binary(
    _ operation: BinaryOperation, _ left: any Storage, _ right: any Storage, _ broadcast: Broadcast
  ) -> any Storage {
    produce(broadcast.count) { output in
      if broadcast.shape.count == 1 {
        try binaryFlat(operation, left, right, broadcast, output)
      } else {
        try binaryRows(operation, left, right, broadcast, output)
      }
    }
  }

  private func binaryFlat(
    _ operation: BinaryOperation, _ left: any Storage, _ right: any Storage, _ broadcast: Broadcast,
    _ output: OpenCLStorage
  ) throws {
    let (macro, p) = operation.macro
    let count = output.count, width = runtime.flatWidth
    let kernel = try runtime.kernel(.elementwise, "binary_" + macro, defines: elementDefines(count))
    try runtime.launchShared(
      kernel, units: count.dividedUp(by: width), cost: 3 * width, .float(p),
      runtime.index(count, wide: needsWideIndices(count)), .count(broadcast.leftStrides[0]),
      .count(broadcast.rightStrides[0]), buffer(left), buffer(right), .buffer(output))
  }

  private func binaryRows(
    _ operation: BinaryOperation, _ left: any Storage, _ right: any Storage, _ broadcast: Broadcast,
    _ output: OpenCLStorage
  ) throws {
    let (macro, p) = operation.macro
    let rank = broadcast.shape.count - 1, columns = broadcast.shape[rank], count = output.count
    let wide = needsWideIndices(count)
    let width = runtime.rowWidth(columns), segment = runtime.segment(width)
    let kernel = try runtime.kernel(
      .elementwise, "binaryRows",
      defines: [
        "WIDTH": width, "SEGMENT": segment, "OPERATION": macro, wide ? "WIDE" : "NARROW": 1, "RANK": rank,
        "LEFT": broadcast.leftStrides[rank], "RIGHT": broadcast.rightStrides[rank],
      ])
    func outer(_ values: [Int]) -> [Int] { values[..<rank].reversed() }
    let view = outer(broadcast.shape) + outer(broadcast.leftStrides) + outer(broadcast.rightStrides)
    let rows = count / columns
    try runtime.launchShared(
      kernel, units: rows * columns.dividedUp(by: segment), cost: 3 * min(segment, columns), .float(p),
      runtime.index(rows, wide: wide), .count(columns), wide ? .longWords(view) : .words(view),
      buffer(left), buffer(right), .buffer(output))
  }

  public func select(_ condition: any Storage, _ left: any Storage, _ right: any Storage) -> any Storage {
    produce(condition.count) { output in
      let count = output.count, width = runtime.flatWidth
      let kernel = try runtime.kernel(.elementwise, "choose", defines: elementDefines(count))
      try runtime.launchShared(
        kernel, units: count.dividedUp(by: width), cost: 4 * width, runtime.index(count, wide: needsWideIndices(count)),
        buffer(condition), buffer(left), buffer(right), .buffer(output))
    }
  }

  private func elementDefines(_ count: Int) -> KeyValuePairs<String, any MacroValue> {
    ["WIDTH": runtime.flatWidth, needsWideIndices(count) ? "WIDE" : "NARROW": 1, runtime.storing(count): 1]
  }
}

extension Activation {
  /// The macro of `prelude.cl`, and its parameter.
  var macro: (name: String, parameter: Float) {
    switch self {
    case .identity: ("LEAKY_RELU", 1)
    case .relu: ("LEAKY_RELU", 0)
    case .leakyReLU(let slope): ("LEAKY_RELU", slope)
    case .sigmoid: ("SIGMOID", 0)
    case .tanh: ("TANH", 0)
    case .elu(let alpha): ("ELU", alpha)
    }
  }
}

extension UnaryOperation {
  /// Whether a vector's elements change each other's results. PoCL's sine and cosine take another path, with
  /// other roundings, for all lanes of a vector if one is huge, and that one may be what lies past the end.
  fileprivate var mixesLanes: Bool { self == .sine || self == .cosine }

  /// The macro of `elementwise.cl`, and its parameters.
  var macro: (name: String, p: Float, q: Float) {
    switch self {
    case .activation(let activation): (activation.macro.name + "_1", activation.macro.parameter, 0)
    case .affine(let scale, let offset): ("AFFINE", scale, offset)
    case .exponential: ("EXPONENTIAL", 0, 0)
    case .logarithm: ("LOGARITHM", 0, 0)
    case .logarithmOnePlus: ("LOGARITHM_ONE_PLUS", 0, 0)
    case .exponentialMinusOne(let scale): ("EXPONENTIAL_MINUS_ONE", scale, 0)
    case .squareRoot: ("SQUARE_ROOT", 0, 0)
    case .reciprocalSquareRoot: ("RECIPROCAL_SQUARE_ROOT", 0, 0)
    case .square: ("SQUARE", 0, 0)
    case .reciprocal: ("RECIPROCAL", 0, 0)
    case .absolute: ("ABSOLUTE", 0, 0)
    case .sign: ("SIGN", 0, 0)
    case .floor: ("FLOOR", 0, 0)
    case .sine: ("SINE", 0, 0)
    case .cosine: ("COSINE", 0, 0)
    case .softplus: ("SOFTPLUS", 0, 0)
    case .clamp(let low, let high): ("CLAMP", low, high)
    case .power(let exponent): ("POWER_CONSTANT", exponent, 0)
    }
  }
}

extension BinaryOperation {
  /// The macro of `elementwise.cl`, and its parameter.
  var macro: (name: String, parameter: Float) {
    switch self {
    case .add: ("ADD", 0)
    case .subtract: ("SUBTRACT", 0)
    case .multiply: ("MULTIPLY", 0)
    case .divide: ("DIVIDE", 0)
    case .maximum: ("MAXIMUM", 0)
    case .minimum: ("MINIMUM", 0)
    case .power: ("POWER", 0)
    case .equal: ("EQUAL", 0)
    case .greater: ("GREATER", 0)
    case .greaterOrEqual: ("GREATER_OR_EQUAL", 0)
    case .activationGradient(let activation): (activation.macro.name + "_BACKWARD", activation.macro.parameter)
    case .sigmoidCrossEntropy: ("SIGMOID_CROSS_ENTROPY", 0)
    case .sigmoidMinus(let scale): ("SIGMOID_MINUS", scale)
    case .unitNormalDivergence(let scale): ("UNIT_NORMAL_DIVERGENCE", scale)
    }
  }
}
