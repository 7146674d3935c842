import Backends

/// What a subscript takes of one axis: a number picks one element and drops the axis, a range keeps it; negative numbers count
/// from the end. `0...` is all of an axis.
public protocol AxisIndex {
  /// The elements taken of an axis of this extent, or nil if it has not got them.
  func selection(of extent: Int) -> AxisSelection?
}

/// Elements of one axis, and whether the axis stays.
public struct AxisSelection: Hashable, Sendable {
  /// Places from 0 on; none is negative.
  public let range: Range<Int>
  /// Whether the axis stays in the result, with the extent of `range`; else it is dropped, and `range` has one place.
  public let keepsAxis: Bool

  /// What an index of your own selects.
  ///
  /// - Parameters:
  ///   - range: Places from 0 on, within the axis.
  ///   - keepsAxis: False only for a range of one place, whose axis is dropped.
  public init(_ range: Range<Int>, keepsAxis: Bool = true) { (self.range, self.keepsAxis) = (range, keepsAxis) }

  /// The elements from `lower` up to but without `upper`, which may count from the end; nil if they are not there.
  fileprivate init?(from lower: Int, to upper: Int, of extent: Int) {
    let lower = lower < 0 ? lower + extent : lower, upper = upper < 0 ? upper + extent : upper
    guard lower >= 0, lower <= upper, upper <= extent else { return nil }
    self.init(lower..<upper)
  }
}

extension Int: AxisIndex {
  public func selection(of extent: Int) -> AxisSelection? {
    let place = self < 0 ? self + extent : self
    return place >= 0 && place < extent ? AxisSelection(place..<place + 1, keepsAxis: false) : nil
  }
}

extension Range: AxisIndex where Bound == Int {
  public func selection(of extent: Int) -> AxisSelection? { AxisSelection(from: lowerBound, to: upperBound, of: extent) }
}

extension ClosedRange: AxisIndex where Bound == Int {
  public func selection(of extent: Int) -> AxisSelection? {
    // The end counted from the end is the last element itself.
    AxisSelection(from: lowerBound, to: upperBound == -1 ? extent : upperBound + 1, of: extent)
  }
}

extension PartialRangeFrom: AxisIndex where Bound == Int {
  public func selection(of extent: Int) -> AxisSelection? { AxisSelection(from: lowerBound, to: extent, of: extent) }
}

extension PartialRangeUpTo: AxisIndex where Bound == Int {
  public func selection(of extent: Int) -> AxisSelection? { AxisSelection(from: 0, to: upperBound, of: extent) }
}

extension Tensor {
  /// A part of the tensor, as in NumPy: `images[0]` is the first image, `images[..<8]` the first eight, `images[0..., -1]`
  /// the last row of every one. Axes that are not named stay whole. Differentiable.
  public subscript(indices: any AxisIndex...) -> Tensor {
    require(indices.count <= rank, "subscript: \(indices.count) indices for shape \(shape)")
    var start = [Int](), size = [Int](), kept = [Int]()
    for axis in 0..<rank {
      guard axis < indices.count else {
        (start, size, kept) = (start + [0], size + [shape[axis]], kept + [shape[axis]])
        continue
      }
      guard let selection = indices[axis].selection(of: shape[axis]) else {
        misuse("subscript: \(indices[axis]) is not in axis \(axis) of shape \(shape)")
      }
      start.append(selection.range.lowerBound)
      size.append(selection.range.count)
      if selection.keepsAxis { kept.append(selection.range.count) }
    }
    return sliced(from: start, size: size).reshaped(to: Shape(kept))
  }
}
