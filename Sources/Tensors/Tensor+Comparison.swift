import Backends

/// Comparisons of every pair of elements after NumPy broadcasting: 1 where they hold, else 0, and 0 wherever one of the two is
/// NaN, but for `!=`. They have no gradient.
extension Tensor {
  public static func == (left: Tensor, right: Tensor) -> Tensor { compare(.equal, left, right, named: "==") }
  public static func != (left: Tensor, right: Tensor) -> Tensor { 1 - (left == right) }
  public static func > (left: Tensor, right: Tensor) -> Tensor { compare(.greater, left, right, named: ">") }
  public static func >= (left: Tensor, right: Tensor) -> Tensor { compare(.greaterOrEqual, left, right, named: ">=") }
  public static func < (left: Tensor, right: Tensor) -> Tensor { compare(.greater, right, left, named: "<") }
  public static func <= (left: Tensor, right: Tensor) -> Tensor { compare(.greaterOrEqual, right, left, named: "<=") }

  public static func == (left: Tensor, right: Float) -> Tensor { left == Tensor(right, on: left.device) }
  public static func != (left: Tensor, right: Float) -> Tensor { left != Tensor(right, on: left.device) }
  public static func > (left: Tensor, right: Float) -> Tensor { left > Tensor(right, on: left.device) }
  public static func >= (left: Tensor, right: Float) -> Tensor { left >= Tensor(right, on: left.device) }
  public static func < (left: Tensor, right: Float) -> Tensor { left < Tensor(right, on: left.device) }
  public static func <= (left: Tensor, right: Float) -> Tensor { left <= Tensor(right, on: left.device) }

  private static func compare(_ operation: BinaryOperation, _ left: Tensor, _ right: Tensor, named name: String) -> Tensor {
    binary(operation, left.detached(), right.detached(), named: name) { _, _, _ in [nil, nil] }
  }
}
