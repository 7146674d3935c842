import Backends

extension Tensor {
  /// `operation` on every pair of elements after NumPy broadcasting.
  static func binary(
    _ operation: BinaryOperation, _ left: Tensor, _ right: Tensor, named name: String,
    savesOutput: Bool = false, pullback: @escaping Node.Pullback
  ) -> Tensor {
    let shape = shapeOfPairs(left, right, named: name)
    let (leftStorage, leftShape) = left.operand, (rightStorage, rightShape) = right.operand
    let storage = left.device.backend.binary(
      operation, leftStorage, rightStorage, Broadcast(leftShape, rightShape, to: shape))
    return Tensor(
      storage, shape: shape, inputs: [left, right], savesOutput: savesOutput, pullback: pullback)
  }

  /// The mean of `operation` on all pairs of elements, which themselves are not kept. `pullback` is that of the pairs, and
  /// does not read their values.
  static func meanOfPairs(
    _ operation: BinaryOperation, _ left: Tensor, _ right: Tensor, named name: String, pullback: @escaping Node.Pullback
  ) -> Tensor {
    let shape = shapeOfPairs(left, right, named: name)
    let (leftStorage, leftShape) = left.operand, (rightStorage, rightShape) = right.operand
    let storage = left.device.backend.reducePairs(
      .mean, operation, leftStorage, rightStorage, Broadcast(leftShape, rightShape, to: shape))
    return Tensor(storage, shape: [], inputs: [left, right]) { gradient, output, needs in
      pullback((gradient * (1 / Float(shape.count))).broadcast(to: shape), output, needs)
    }
  }

  private static func shapeOfPairs(_ left: Tensor, _ right: Tensor, named name: String) -> Shape {
    requireOneDevice(left, right, for: name)
    guard let shape = left.shape.broadcast(with: right.shape) else {
      misuse("\(name): shapes \(left.shape) and \(right.shape) do not broadcast")
    }
    return shape
  }

  /// What an operation that broadcasts reads: of a uniform tensor one element.
  private var operand: (storage: any Storage, shape: Shape) {
    if let uniformValue { (device.backend.fill(uniformValue, count: 1), []) } else { (storage, shape) }
  }

  static func requireOneDevice(_ left: Tensor, _ right: Tensor, for operation: String) {
    require(
      left.device == right.device,
      left.device.description == right.device.description
        ? "\(operation): the operands are on two devices that are both \(left.device); make one and use it for both"
        : "\(operation): the left operand is on \(left.device), the right one on \(right.device); copy one with copied(to:)")
  }

  /// The same of operations with parameters that may be left out.
  static func requireOneDevice(_ first: Tensor, _ others: [Tensor?], for operation: String) {
    for case .some(let other) in others { requireOneDevice(first, other, for: operation) }
  }

  /// What all elements are, if it is known and this tensor broadcasts to the shape of `other`.
  private func uniformValue(beside other: Tensor) -> Float? {
    device == other.device && shape.broadcast(with: other.shape) == other.shape ? uniformValue : nil
  }

  /// The sum of every pair of elements after NumPy broadcasting.
  public static func + (left: Tensor, right: Tensor) -> Tensor {
    if let value = right.uniformValue(beside: left) { return left + value }
    if let value = left.uniformValue(beside: right) { return right + value }
    return binary(.add, left, right, named: "+") { gradient, _, needs in
      [
        needs[0] ? gradient.sum(to: left.shape) : nil,
        needs[1] ? gradient.sum(to: right.shape) : nil,
      ]
    }
  }

  /// The difference of every pair of elements after NumPy broadcasting.
  public static func - (left: Tensor, right: Tensor) -> Tensor {
    if let value = right.uniformValue(beside: left) { return left - value }
    if let value = left.uniformValue(beside: right) { return value - right }
    return binary(.subtract, left, right, named: "-") { gradient, _, needs in
      [
        needs[0] ? gradient.sum(to: left.shape) : nil,
        needs[1] ? (-gradient).sum(to: right.shape) : nil,
      ]
    }
  }

  /// The product of every pair of elements after NumPy broadcasting; that of matrices is
  /// ``matmul(_:_:transposesLeft:transposesRight:)``.
  public static func * (left: Tensor, right: Tensor) -> Tensor {
    if let value = right.uniformValue(beside: left) { return left * value }
    if let value = left.uniformValue(beside: right) { return right * value }
    return binary(.multiply, left, right, named: "*") { gradient, _, needs in
      [
        needs[0] ? (gradient * right).sum(to: left.shape) : nil,
        needs[1] ? (gradient * left).sum(to: right.shape) : nil,
      ]
    }
  }

  /// The quotient of every pair of elements after NumPy broadcasting; ±∞ or NaN by 0.
  public static func / (left: Tensor, right: Tensor) -> Tensor {
    binary(.divide, left, right, named: "/", savesOutput: true) { gradient, output, needs in
      let scaled = gradient / right
      return [
        needs[0] ? scaled.sum(to: left.shape) : nil,
        needs[1] ? (-(scaled * output)).sum(to: right.shape) : nil,
      ]
    }
  }

  /// The larger of each pair; equal elements share the gradient.
  public static func maximum(_ left: Tensor, _ right: Tensor) -> Tensor {
    extremum(.maximum, left, right, named: "maximum") { $0 > $1 }
  }

  /// The smaller of each pair; equal elements share the gradient.
  public static func minimum(_ left: Tensor, _ right: Tensor) -> Tensor {
    extremum(.minimum, left, right, named: "minimum") { $1 > $0 }
  }

  private static func extremum(
    _ operation: BinaryOperation, _ left: Tensor, _ right: Tensor, named name: String,
    wins: @escaping @Sendable (Tensor, Tensor) -> Tensor
  ) -> Tensor {
    binary(operation, left, right, named: name) { gradient, _, needs in
      let tie = 0.5 * (left == right)
      return [
        needs[0] ? (gradient * (wins(left, right) + tie)).sum(to: left.shape) : nil,
        needs[1] ? (gradient * (wins(right, left) + tie)).sum(to: right.shape) : nil,
      ]
    }
  }

  /// `self` to the power of `exponent`, element by element. The gradient by the exponent is 0 where the
  /// base is not positive.
  public func power(_ exponent: Tensor) -> Tensor {
    let base = self
    // Where it counts for nothing, the power itself may be no number.
    @Sendable func logarithmic(_ positive: Tensor, _ output: Tensor) -> Tensor {
      let one = Tensor.ones(base.shape, on: base.device), zero = Tensor.zeros(output.shape, on: output.device)
      return Tensor.select(positive, output * Tensor.select(positive, base, one).log(), zero)
    }
    return .binary(.power, base, exponent, named: "power", savesOutput: true) { gradient, output, needs in
      let positive = base > 0
      return [
        needs[0] ? (gradient * exponent * base.power(exponent - 1)).sum(to: base.shape) : nil,
        needs[1]
          ? (gradient * logarithmic(positive, output)).sum(to: exponent.shape) : nil,
      ]
    }
  }

  /// `condition ≠ 0 ? left : right`, after broadcasting all three. Gradients pass to the element chosen,
  /// so a NaN in the other does no harm.
  public static func select(_ condition: Tensor, _ left: Tensor, _ right: Tensor) -> Tensor {
    guard let shape = left.shape.broadcast(with: right.shape)?.broadcast(with: condition.shape) else {
      misuse("select: shapes \(condition.shape), \(left.shape), \(right.shape) do not broadcast")
    }
    requireOneDevice(condition, [left, right], for: "select")
    let condition = condition.detached().broadcast(to: shape)
    let left = left.broadcast(to: shape), right = right.broadcast(to: shape)
    let storage = left.device.backend.select(condition.storage, left.storage, right.storage)
    return Tensor(storage, shape: shape, inputs: [left, right]) { gradient, _, needs in
      let zeros = Tensor.zeros(shape, on: gradient.device)
      return [
        needs[0] ? select(condition, gradient, zeros) : nil,
        needs[1] ? select(condition, zeros, gradient) : nil,
      ]
    }
  }
}

// MARK: With scalars

extension Tensor {
  /// Adds a number to every element.
  public static func + (left: Tensor, right: Float) -> Tensor { left.affine(scale: 1, offset: right) }
  /// Adds a number to every element.
  public static func + (left: Float, right: Tensor) -> Tensor { right.affine(scale: 1, offset: left) }
  /// Subtracts a number from every element.
  public static func - (left: Tensor, right: Float) -> Tensor { left.affine(scale: 1, offset: -right) }
  /// A number less every element.
  public static func - (left: Float, right: Tensor) -> Tensor { right.affine(scale: -1, offset: left) }
  /// Multiplies every element by a number.
  public static func * (left: Tensor, right: Float) -> Tensor { left.affine(scale: right, offset: 0) }
  /// Multiplies every element by a number.
  public static func * (left: Float, right: Tensor) -> Tensor { right.affine(scale: left, offset: 0) }
  /// Divides every element by a number.
  public static func / (left: Tensor, right: Float) -> Tensor { left / Tensor(uniform: right, shape: [], on: left.device) }
  /// A number times the reciprocal of every element, each rounded: `left · (1 / x)`.
  public static func / (left: Float, right: Tensor) -> Tensor { right.reciprocal() * left }
  /// Every element with its sign turned.
  public static prefix func - (operand: Tensor) -> Tensor { operand.affine(scale: -1, offset: 0) }
}
