import Backends

extension Tensor {
  /// The same elements in the same order. One dimension may be −1: what is left over.
  public func reshaped(to dimensions: [Int]) -> Tensor {
    guard let free = dimensions.firstIndex(of: -1) else { return reshaped(to: Shape(dimensions)) }
    var dimensions = dimensions
    let known = -dimensions.reduce(1, *)
    require(
      known > 0 && count % known == 0, "reshape: \(shape) has \(count) elements, which do not fill \(dimensions)")
    dimensions[free] = count / known
    return reshaped(to: Shape(dimensions))
  }

  /// The same elements in the same order, which must be as many as `newShape` has. No element is copied.
  public func reshaped(to newShape: Shape) -> Tensor {
    if newShape == shape { return self }
    require(
      newShape.count == count,
      "reshape: \(shape) has \(count) elements, \(newShape) has \(newShape.count)")
    if let value = uniformValue { return Tensor(uniform: value, shape: newShape, on: device) }
    let old = shape
    return Tensor(storage, shape: newShape, inputs: [self]) { gradient, _, _ in [gradient.reshaped(to: old)] }
  }

  /// `[N, …]` to `[N, everything else]`.
  public func flattened() -> Tensor {
    require(rank > 0, "flatten: a scalar has no batch axis")
    return reshaped(to: [shape[0], shape.dimensions.dropFirst().reduce(1, *)])
  }

  /// Inserts an axis of extent 1 before `axis`.
  public func expanded(at axis: Int) -> Tensor {
    var dimensions = shape.dimensions
    let place = axis < 0 ? axis + rank + 1 : axis
    require(place >= 0 && place <= rank, "expanded: axis \(axis) of a tensor of shape \(shape)")
    dimensions.insert(1, at: place)
    return reshaped(to: Shape(dimensions))
  }

  /// A copy of a strided view of this tensor.
  private func view(_ shape: Shape, offset: Int = 0, strides: [Int]) -> any Storage {
    let result = device.backend.allocate(count: shape.count)
    device.backend.copy(
      storage, into: result,
      StridedCopy(
        shape: shape.dimensions, sourceOffset: offset, sourceStrides: strides,
        destinationStrides: shape.strides))
    return result
  }

  /// Repeats along axes of extent 1 and new leading axes, by NumPy's rules.
  public func broadcast(to newShape: Shape) -> Tensor {
    if newShape == shape { return self }
    require(shape.broadcast(with: newShape) == newShape, "broadcast: \(shape) does not stretch to \(newShape)")
    if let value = uniformValue { return Tensor(uniform: value, shape: newShape, on: device) }
    let old = shape
    let strides = Broadcast.strides(of: shape, broadcastTo: newShape)
    return Tensor(view(newShape, strides: strides), shape: newShape, inputs: [self]) { gradient, _, _ in
      [gradient.sum(to: old)]
    }
  }

  /// Axis `i` of the result is axis `permutation[i]` of this tensor.
  public func transposed(_ permutation: [Int]) -> Tensor {
    require(
      permutation.sorted() == Array(0..<rank), "transpose: \(permutation) is no permutation of the axes of \(shape)")
    if permutation == Array(0..<rank) { return self }
    let old = shape.strides
    let newShape = Shape(permutation.map { shape[$0] })
    var inverse = permutation
    for (position, axis) in permutation.enumerated() { inverse[axis] = position }
    return Tensor(
      view(newShape, strides: permutation.map { old[$0] }), shape: newShape, inputs: [self]
    ) { [inverse] gradient, _, _ in [gradient.transposed(inverse)] }
  }

  /// Swaps the last two axes.
  public func transposed() -> Tensor {
    require(rank >= 2, "transpose: shape \(shape) has fewer than two axes")
    return transposed(Array(0..<rank - 2) + [rank - 1, rank - 2])
  }

  /// Reverses the order along `axes`.
  public func flipped(axes: [Int]) -> Tensor {
    let axes = normalized(axes: axes, for: "flip")
    var strides = shape.strides, offset = 0
    for axis in axes where shape[axis] > 0 {
      offset += (shape[axis] - 1) * strides[axis]
      strides[axis] = -strides[axis]
    }
    return Tensor(view(shape, offset: offset, strides: strides), shape: shape, inputs: [self]) { gradient, _, _ in
      [gradient.flipped(axes: axes)]
    }
  }

  /// The block that begins at `start` (one index an axis) and has the extents `size`.
  public func sliced(from start: [Int], size: [Int]) -> Tensor {
    require(
      start.count == rank && size.count == rank
        && (0..<rank).allSatisfy { start[$0] >= 0 && size[$0] >= 0 && start[$0] + size[$0] <= shape[$0] },
      "slice: from \(start), size \(size) does not lie in shape \(shape)")
    let newShape = Shape(size)
    if newShape == shape { return self }
    let strides = shape.strides
    let offset = zip(start, strides).map(*).reduce(0, +)
    let after = (0..<rank).map { shape[$0] - start[$0] - size[$0] }
    return Tensor(view(newShape, offset: offset, strides: strides), shape: newShape, inputs: [self]) {
      gradient, _, _ in [gradient.padded(before: start, after: after)]
    }
  }

  /// The block `range` of one axis.
  public func sliced(_ range: Range<Int>, axis: Int = 0) -> Tensor {
    let axis = normalized(axes: [axis], for: "slice")[0]
    require(
      range.lowerBound >= 0 && range.upperBound <= shape[axis], "slice: \(range) of axis \(axis) of shape \(shape)")
    var start = [Int](repeating: 0, count: rank), size = shape.dimensions
    start[axis] = range.lowerBound
    size[axis] = range.count
    return sliced(from: start, size: size)
  }

  /// Surrounds with `value`: `before[i]` elements before and `after[i]` behind axis `i`.
  public func padded(before: [Int], after: [Int], with value: Float = 0) -> Tensor {
    require(
      before.count == rank && after.count == rank && (before + after).allSatisfy { $0 >= 0 },
      "pad: \(before) before and \(after) after do not fit the axes of shape \(shape)")
    let newShape = Shape((0..<rank).map { before[$0] + shape[$0] + after[$0] })
    if newShape == shape { return self }
    let size = shape.dimensions
    let result = device.backend.fill(value, count: newShape.count)
    device.backend.copy(storage, into: result, .block(size, strides: shape.strides, at: before, in: newShape))
    return Tensor(result, shape: newShape, inputs: [self]) { gradient, _, _ in
      [gradient.sliced(from: before, size: size)]
    }
  }

  /// Repeats the whole tensor `repeats[i]` times along axis `i`.
  public func tiled(_ repeats: [Int]) -> Tensor {
    require(
      repeats.count == rank && repeats.allSatisfy { $0 > 0 }, "tile: \(repeats) does not fit the axes of shape \(shape)"
    )
    var split = [Int](), stretched = [Int]()
    for axis in 0..<rank {
      split += [1, shape[axis]]
      stretched += [repeats[axis], shape[axis]]
    }
    return reshaped(to: Shape(split)).broadcast(to: Shape(stretched))
      .reshaped(to: Shape(zip(repeats, shape.dimensions).map(*)))
  }

  /// Joins tensors that differ in no axis but `axis`.
  public static func concatenate(_ tensors: [Tensor], axis: Int = -1) -> Tensor {
    require(!tensors.isEmpty, "concatenate: no tensors")
    let first = tensors[0]
    let axis = first.normalized(axes: [axis], for: "concatenate")[0]
    var shape = first.shape
    shape[axis] = 0
    for tensor in tensors {
      require(
        tensor.rank == first.rank && tensor.device == first.device
          && (0..<first.rank).allSatisfy { $0 == axis || tensor.shape[$0] == first.shape[$0] },
        "concatenate: \(tensor.shape) on \(tensor.device) does not join \(first.shape) on \(first.device) along axis \(axis)"
      )
      shape[axis] += tensor.shape[axis]
    }
    let result = first.device.backend.allocate(count: shape.count)
    var ranges = [Range<Int>](), position = 0
    for tensor in tensors {
      var start = [Int](repeating: 0, count: shape.rank)
      start[axis] = position
      first.device.backend.copy(
        tensor.storage, into: result,
        .block(tensor.shape.dimensions, strides: tensor.shape.strides, at: start, in: shape))
      ranges.append(position..<position + tensor.shape[axis])
      position += tensor.shape[axis]
    }
    return Tensor(result, shape: shape, inputs: tensors) { [ranges] gradient, _, needs in
      zip(ranges, needs).map { range, needed in needed ? gradient.sliced(range, axis: axis) : nil }
    }
  }

  /// Joins tensors of one shape along a new axis.
  public static func stack(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
    concatenate(tensors.map { $0.expanded(at: axis) }, axis: axis)
  }

  /// Rows `indices` (whole numbers held as floats, exact to 2²⁴) of the first axis: `[indices…, rest…]`.
  /// An index outside of the axis gives NaN.
  public func gathering(_ indices: Tensor) -> Tensor {
    require(rank > 0, "gather: a scalar has no rows")
    Tensor.requireOneDevice(self, indices, for: "gather")
    let rest = Array(shape.dimensions.dropFirst())
    let (rows, width, whole) = (shape[0], rest.reduce(1, *), shape)
    let storage = device.backend.gather(self.storage, indices: indices.storage, rows: rows, width: width)
    return Tensor(storage, shape: Shape(indices.shape.dimensions + rest), inputs: [self]) { gradient, _, _ in
      [gradient.scatteringAdd(indices, to: whole)]
    }
  }

  /// Adds row `i` to row `indices[i]` of zeros of shape `whole`: the adjoint of `gathering`.
  func scatteringAdd(_ indices: Tensor, to whole: Shape) -> Tensor {
    let width = whole.dimensions.dropFirst().reduce(1, *)
    let storage = device.backend.scatterAdd(self.storage, indices: indices.storage, rows: whole[0], width: width)
    let shape = self.shape
    return Tensor(storage, shape: whole, inputs: [self]) { gradient, _, _ in
      [gradient.gathering(indices).reshaped(to: shape)]
    }
  }

  /// Indices to rows of zeros with a 1: `[…] → […, classes]`. No gradient.
  public func oneHot(classes: Int) -> Tensor {
    let range = Tensor((0..<classes).map(Float.init), on: device)
    return detached().expanded(at: -1) == range
  }
}

extension StridedCopy {
  /// A whole contiguous tensor into the block of `outer` that begins at `start`.
  fileprivate static func block(_ size: [Int], strides: [Int], at start: [Int], in outer: Shape) -> StridedCopy {
    let outerStrides = outer.strides
    return StridedCopy(
      shape: size, sourceStrides: strides, destinationOffset: zip(start, outerStrides).map(*).reduce(0, +),
      destinationStrides: outerStrides)
  }
}
