import Backends

/// Comparisons of every pair of elements after NumPy broadcasting: 1 where they hold, else 0, and 0 wherever one of the two is
/// NaN, but for `!=`. They have no gradient.
extension Tensor {
  /// 1 where the elements are equal, else 0, after NumPy broadcasting.
  public static func == (left: Tensor, right: Tensor) -> Tensor { compare(.equal, left, right, named: "==") }
  /// 1 where the elements differ or one is NaN, else 0, after NumPy broadcasting.
  public static func != (left: Tensor, right: Tensor) -> Tensor { 1 - (left == right) }
  /// 1 where the left element is the larger, else 0, after NumPy broadcasting.
  public static func > (left: Tensor, right: Tensor) -> Tensor { compare(.greater, left, right, named: ">") }
  /// 1 where the left element is the larger or both are equal, else 0, after NumPy broadcasting.
  public static func >= (left: Tensor, right: Tensor) -> Tensor { compare(.greaterOrEqual, left, right, named: ">=") }
  /// 1 where the left element is the smaller, else 0, after NumPy broadcasting.
  public static func < (left: Tensor, right: Tensor) -> Tensor { compare(.greater, right, left, named: "<") }
  /// 1 where the left element is the smaller or both are equal, else 0, after NumPy broadcasting.
  public static func <= (left: Tensor, right: Tensor) -> Tensor { compare(.greaterOrEqual, right, left, named: "<=") }

  /// 1 where the element equals the number, else 0.
  public static func == (left: Tensor, right: Float) -> Tensor { left == Tensor(right, on: left.device) }
  /// 1 where the element differs from the number or either is NaN, else 0.
  public static func != (left: Tensor, right: Float) -> Tensor { left != Tensor(right, on: left.device) }
  /// 1 where the element is larger than the number, else 0.
  public static func > (left: Tensor, right: Float) -> Tensor { left > Tensor(right, on: left.device) }
  /// 1 where the element is not smaller than the number, else 0; 0 for NaN.
  public static func >= (left: Tensor, right: Float) -> Tensor { left >= Tensor(right, on: left.device) }
  /// 1 where the element is smaller than the number, else 0.
  public static func < (left: Tensor, right: Float) -> Tensor { left < Tensor(right, on: left.device) }
  /// 1 where the element is not larger than the number, else 0; 0 for NaN.
  public static func <= (left: Tensor, right: Float) -> Tensor { left <= Tensor(right, on: left.device) }

  /// The share of pairs whose left element is the larger, after NumPy broadcasting: a scalar.
  package static func shareOfGreater(_ left: Tensor, than right: Tensor) -> Tensor {
    meanOfPairs(.greater, left.detached(), right.detached(), named: "shareOfGreater") { _, _, _ in [nil, nil] }
  }

  private static func compare(_ operation: BinaryOperation, _ left: Tensor, _ right: Tensor, named name: String) -> Tensor {
    binary(operation, left.detached(), right.detached(), named: name) { _, _, _ in [nil, nil] }
  }
}
