import Backends
import TestSupport

/// A strided copy from `source` values into a whole destination of zeros.
private func copyCase(
  _ description: String, source: Int, destination: Int, _ copy: StridedCopy
) -> BackendCase {
  BackendCase("copy: \(description)", .exact) { run in
    let target = run.backend.fill(0, count: destination)
    run.backend.copy(run.uniform(source), into: target, copy)
    return [target]
  }
}

/// The copy that permutes the axes of a contiguous tensor.
private func transpose(_ shape: Shape, _ axes: [Int]) -> StridedCopy {
  let result = Shape(axes.map { shape[$0] })
  return StridedCopy(
    shape: result.dimensions, sourceStrides: axes.map { shape.strides[$0] }, destinationStrides: result.strides)
}

private func transposeCase(_ shape: Shape, _ axes: [Int]) -> BackendCase {
  copyCase("\(shape) with axes \(axes)", source: shape.count, destination: shape.count, transpose(shape, axes))
}

let memoryCases: [BackendCase] = [
  BackendCase("upload and download", .exact) { run in [1, 3, 17, 1000, 65537].map { run.uniform($0) } },
  BackendCase("upload of special values", .exact) { run in
    [run.values([.nan, .infinity, -.infinity, 0, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude])]
  },
  BackendCase("fill", .exact) { run in
    [0, 1, 3, 16, 17, 1000, 65537].map { run.backend.fill(-1.5, count: $0) }
      + [run.backend.fill(.infinity, count: 5), run.backend.fill(.nan, count: 5)]
  },
  BackendCase("nothing", .exact) { run in
    let none = run.values([])
    return [
      run.backend.unary(.square, none), run.backend.binary(.add, none, none, Broadcast([0], [0], to: [0])),
      run.backend.select(none, none, none),
    ]
  },
  transposeCase([5, 7], [1, 0]), transposeCase([257, 129], [1, 0]), transposeCase([1, 9], [1, 0]),
  transposeCase([2, 3, 4], [2, 1, 0]), transposeCase([2, 3, 4], [1, 0, 2]),
  transposeCase([3, 28, 28, 5], [0, 3, 1, 2]),
  transposeCase([3, 5, 28, 28], [0, 2, 3, 1]), transposeCase([2, 3, 4, 5, 6], [4, 2, 0, 3, 1]),
  transposeCase([2, 3, 2, 3, 2, 3], [5, 3, 1, 4, 2, 0]),
  copyCase(
    "65537 in a row", source: 65537, destination: 65537,
    StridedCopy(shape: [65537], sourceStrides: [1], destinationStrides: [1])),
  copyCase(
    "an offset row", source: 100, destination: 200,
    StridedCopy(
      shape: [33], sourceOffset: 7, sourceStrides: [1], destinationOffset: 101, destinationStrides: [1])),
  copyCase(
    "every third, backwards", source: 100, destination: 33,
    StridedCopy(
      shape: [33], sourceOffset: 98, sourceStrides: [-3], destinationStrides: [1])),
  copyCase(
    "flip of both axes of [7, 9]", source: 63, destination: 63,
    StridedCopy(
      shape: [7, 9], sourceOffset: 62, sourceStrides: [-9, -1], destinationStrides: [9, 1])),
  copyCase(
    "flip of the width of [2, 5, 7, 3]", source: 210, destination: 210,
    StridedCopy(
      shape: [2, 5, 7, 3], sourceOffset: 18, sourceStrides: [105, 21, -3, 1], destinationStrides: [105, 21, 3, 1])),
  copyCase(
    "a scalar to [3, 50]", source: 1, destination: 150,
    StridedCopy(
      shape: [3, 50], sourceStrides: [0, 0], destinationStrides: [50, 1])),
  copyCase(
    "a row to [9, 17]", source: 17, destination: 153,
    StridedCopy(
      shape: [9, 17], sourceStrides: [0, 1], destinationStrides: [17, 1])),
  copyCase(
    "a column to [9, 17]", source: 9, destination: 153,
    StridedCopy(
      shape: [9, 17], sourceStrides: [1, 0], destinationStrides: [17, 1])),
  copyCase(
    "tiles of [2, 3] in [4, 9]", source: 6, destination: 36,
    StridedCopy(
      shape: [2, 2, 3, 3], sourceStrides: [0, 3, 0, 1], destinationStrides: [18, 9, 3, 1])),
  copyCase(
    "slice of [6, 7, 8]", source: 336, destination: 24,
    StridedCopy(
      shape: [2, 3, 4], sourceOffset: 1 * 56 + 2 * 8 + 3, sourceStrides: [56, 16, 1], destinationStrides: [12, 4, 1])),
  copyCase(
    "padding of [2, 5, 5, 3] to [2, 8, 9, 3]", source: 150, destination: 432,
    StridedCopy(
      shape: [2, 5, 5, 3], sourceStrides: [75, 15, 3, 1], destinationOffset: 27 + 6,
      destinationStrides: [216, 27, 3, 1])),
  copyCase(
    "every second place", source: 1000, destination: 2000,
    StridedCopy(
      shape: [1000], sourceStrides: [1], destinationOffset: 1, destinationStrides: [2])),
  copyCase(
    "into a destination backwards", source: 50, destination: 50,
    StridedCopy(
      shape: [50], sourceStrides: [1], destinationOffset: 49, destinationStrides: [-1])),
  BackendCase("copy: [5, 3] beside [5, 4]", .exact) { run in
    let joined = run.backend.allocate(count: 35)
    run.backend.copy(
      run.uniform(15), into: joined,
      StridedCopy(
        shape: [5, 3], sourceStrides: [3, 1], destinationStrides: [7, 1]))
    run.backend.copy(
      run.uniform(20), into: joined,
      StridedCopy(
        shape: [5, 4], sourceStrides: [4, 1], destinationOffset: 3, destinationStrides: [7, 1]))
    return [joined]
  },
]
