import Backends

extension Tensor {
  /// Axes counted from the front, each once, in order; negative ones count from the back, nil means all.
  func normalized(axes: [Int]?, for operation: String) -> [Int] {
    guard let axes else { return Array(0..<rank) }
    let normalized = axes.map { axis in
      require(axis >= -rank && axis < rank, "\(operation): axis \(axis) does not exist in shape \(shape)")
      return axis < 0 ? axis + rank : axis
    }
    let result = Set(normalized).sorted()
    require(result.count == axes.count, "\(operation): axes \(axes) of shape \(shape) repeat")
    return result
  }

  private func kept(_ axes: [Int]) -> Shape {
    Shape(shape.dimensions.indices.map { axes.contains($0) ? 1 : shape[$0] })
  }

  private func dropped(_ axes: [Int]) -> Shape {
    Shape(shape.dimensions.indices.filter { !axes.contains($0) }.map { shape[$0] })
  }

  /// Folds `axes`, a run of neighbours at a time, the innermost run first; they stay with extent 1.
  private func folded(_ reduction: Reduction, _ axes: [Int]) -> any Storage {
    var storage = self.storage
    var current = shape
    var rest = axes
    while let last = rest.popLast() {
      var first = last
      while rest.last == first - 1 { first = rest.removeLast() }
      let dimensions = current.dimensions
      storage = device.backend.reduce(
        reduction, storage, outer: dimensions[..<first].reduce(1, *),
        length: dimensions[first...last].reduce(1, *), inner: dimensions[(last + 1)...].reduce(1, *))
      for axis in first...last { current[axis] = 1 }
    }
    return storage
  }

  /// The sum over `axes` (all, if nil).
  public func sum(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
    let axes = normalized(axes: axes, for: "sum")
    if axes.isEmpty { return self }
    let (kept, whole) = (kept(axes), shape), result = keepingDimensions ? kept : dropped(axes)
    if let value = uniformValue, result.count > 0 {
      return Tensor(uniform: value * Float(count / result.count), shape: result, on: device)
    }
    return Tensor(folded(.sum, axes), shape: result, inputs: [self]) { gradient, _, _ in
      [gradient.reshaped(to: kept).broadcast(to: whole)]
    }
  }

  /// The sum over the axes by which `smaller` was broadcast to this shape: broadcasting's adjoint.
  func sum(to smaller: Shape) -> Tensor {
    if shape == smaller { return self }
    let missing = rank - smaller.rank
    let axes = (0..<rank).filter { $0 < missing || (smaller[$0 - missing] == 1 && shape[$0] != 1) }
    return sum(axes: axes).reshaped(to: smaller)
  }

  /// The sum over every axis but the last: a bias' gradient.
  func sumOverChannels() -> Tensor { sum(axes: Array(0..<rank - 1)) }

  /// The mean over `axes` (all, if nil).
  public func mean(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
    let axes = normalized(axes: axes, for: "mean")
    if axes.isEmpty { return self }
    let (kept, whole) = (kept(axes), shape), result = keepingDimensions ? kept : dropped(axes)
    if let value = uniformValue, count > 0 { return Tensor(uniform: value, shape: result, on: device) }
    return Tensor(folded(.mean, axes), shape: result, inputs: [self]) { gradient, _, _ in
      [(gradient * (Float(kept.count) / Float(whole.count))).reshaped(to: kept).broadcast(to: whole)]
    }
  }

  /// The population variance (divided by N).
  public func variance(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
    (self - mean(axes: axes, keepingDimensions: true)).squared()
      .mean(axes: axes, keepingDimensions: keepingDimensions)
  }

  /// The largest element; equal ones share the gradient.
  public func max(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
    extremum(.maximum, axes: normalized(axes: axes, for: "max"), keepingDimensions: keepingDimensions)
  }

  /// The smallest element; equal ones share the gradient.
  public func min(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
    extremum(.minimum, axes: normalized(axes: axes, for: "min"), keepingDimensions: keepingDimensions)
  }

  private func extremum(_ reduction: Reduction, axes: [Int], keepingDimensions: Bool) -> Tensor {
    if axes.isEmpty { return self }
    let kept = kept(axes)
    require(
      axes.allSatisfy { shape[$0] > 0 }, "\(reduction): an axis of shape \(shape) to be folded is empty")
    return Tensor(
      folded(reduction, axes), shape: keepingDimensions ? kept : dropped(axes), inputs: [self],
      savesOutput: true
    ) { gradient, output, _ in
      let winners = self == output.reshaped(to: kept)
      let shares = winners / winners.sum(axes: axes, keepingDimensions: true)
      return [shares * gradient.reshaped(to: kept)]
    }
  }

  /// The index of the first largest element along `axis`, as floats. No gradient.
  public func argmax(axis: Int = -1) -> Tensor {
    let axes = normalized(axes: [axis], for: "argmax")
    require(shape[axes[0]] > 0, "argmax: axis \(axis) of shape \(shape) is empty")
    return Tensor(folded(.argumentMaximum, axes), shape: dropped(axes), on: device)
  }

  /// `log Σ eˣ`, without overflow.
  public func logSumExp(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
    let peak = detached().max(axes: axes, keepingDimensions: true)
    // A row of −∞ has the peak −∞; subtracting that would give NaN.
    let finite = peak.clamped(low: -Float.greatestFiniteMagnitude, high: .greatestFiniteMagnitude)
    let sum = (self - finite).exp().sum(axes: axes, keepingDimensions: true).log() + finite
    return keepingDimensions ? sum : sum.reshaped(to: dropped(normalized(axes: axes, for: "logSumExp")))
  }

  /// `eˣ / Σ eˣ` along `axis`.
  public func softmax(axis: Int = -1) -> Tensor {
    let exponentials = (self - detached().max(axes: [axis], keepingDimensions: true)).exp()
    return exponentials / exponentials.sum(axes: [axis], keepingDimensions: true)
  }

  /// `x − log Σ eˣ` along `axis`.
  public func logSoftmax(axis: Int = -1) -> Tensor {
    let shifted = self - detached().max(axes: [axis], keepingDimensions: true)
    return shifted - shifted.exp().sum(axes: [axis], keepingDimensions: true).log()
  }
}
