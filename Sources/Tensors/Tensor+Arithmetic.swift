import Backends

extension Tensor {
  /// `operation` on every pair of elements after NumPy broadcasting.
  static func binary(
    _ operation: BinaryOperation, _ left: Tensor, _ right: Tensor, named name: String,
    savesOutput: Bool = false, pullback: @escaping Node.Pullback
  ) -> Tensor {
    requireOneDevice(left, right, for: name)
    guard let shape = left.shape.broadcast(with: right.shape) else {
      misuse("\(name): shapes \(left.shape) and \(right.shape) do not broadcast")
    }
    let storage = left.device.backend.binary(
      operation, left.storage, right.storage, Broadcast(left.shape, right.shape, to: shape))
    return Tensor(
      storage, shape: shape, inputs: [left, right], savesOutput: savesOutput, pullback: pullback)
  }

  static func requireOneDevice(_ left: Tensor, _ right: Tensor, for operation: String) {
    require(
      left.device == right.device,
      left.device.description == right.device.description
        ? "\(operation): the operands are on two devices that are both \(left.device); make one and use it for both"
        : "\(operation): the left operand is on \(left.device), the right one on \(right.device); copy one with copied(to:)")
  }

  /// What all elements are, if it is known and this tensor broadcasts to the shape of `other`.
  private func uniformValue(beside other: Tensor) -> Float? {
    device == other.device && shape.broadcast(with: other.shape) == other.shape ? uniformValue : nil
  }

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
    return .binary(.power, base, exponent, named: "power", savesOutput: true) { gradient, output, needs in
      let positive = base > 0
      return [
        needs[0] ? (gradient * exponent * base.power(exponent - 1)).sum(to: base.shape) : nil,
        needs[1]
          ? (gradient * output * Tensor.select(positive, base, .ones(base.shape, on: base.device)).log())
            .sum(to: exponent.shape) : nil,
      ]
    }
  }

  /// `condition ≠ 0 ? left : right`, after broadcasting all three. Gradients pass to the element chosen,
  /// so a NaN in the other does no harm.
  public static func select(_ condition: Tensor, _ left: Tensor, _ right: Tensor) -> Tensor {
    guard let shape = left.shape.broadcast(with: right.shape)?.broadcast(with: condition.shape) else {
      misuse("select: shapes \(condition.shape), \(left.shape), \(right.shape) do not broadcast")
    }
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
  public static func + (left: Tensor, right: Float) -> Tensor { left.affine(scale: 1, offset: right) }
  public static func + (left: Float, right: Tensor) -> Tensor { right.affine(scale: 1, offset: left) }
  public static func - (left: Tensor, right: Float) -> Tensor { left.affine(scale: 1, offset: -right) }
  public static func - (left: Float, right: Tensor) -> Tensor { right.affine(scale: -1, offset: left) }
  public static func * (left: Tensor, right: Float) -> Tensor { left.affine(scale: right, offset: 0) }
  public static func * (left: Float, right: Tensor) -> Tensor { right.affine(scale: left, offset: 0) }
  public static func / (left: Tensor, right: Float) -> Tensor { left / Tensor(right, on: left.device) }
  public static func / (left: Float, right: Tensor) -> Tensor { right.reciprocal() * left }
  public static prefix func - (operand: Tensor) -> Tensor { operand.affine(scale: -1, offset: 0) }
}
