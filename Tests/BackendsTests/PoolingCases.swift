import Backends
import TestSupport

private struct PoolingGeometry {
  var pooling: Pooling
  var name: String

  init(
    _ batch: Int, _ size: [Int], _ kernel: [Int], stride: [Int], padding: TestPadding = .valid, channels: Int,
    countsPadding: Bool = false
  ) {
    pooling = Pooling(
      batch: batch, windows: Windows(size, kernel, stride: stride, padding), channels: channels,
      countsPadding: countsPadding)
    name =
      "\(batch)×\(size)×\(channels), window \(kernel), stride \(stride), \(padding)\(countsPadding ? ", counting padding" : "")"
  }
}

private let geometries: [PoolingGeometry] = [
  .init(1, [7], [2], stride: [2], channels: 1),
  .init(3, [31], [3], stride: [2], padding: .same, channels: 5),
  .init(2, [8, 8], [2, 2], stride: [2, 2], channels: 3),
  .init(3, [9, 7], [2, 2], stride: [2, 2], padding: .same, channels: 16),
  .init(1, [13, 11], [3, 3], stride: [2, 2], padding: .explicit([1, 1], [1, 1]), channels: 17),
  .init(
    1, [13, 11], [3, 3], stride: [2, 2], padding: .explicit([1, 1], [1, 1]), channels: 17, countsPadding: true),
  .init(
    2, [10, 10], [3, 2], stride: [1, 3], padding: .explicit([0, 1], [2, 0]), channels: 33, countsPadding: true),
  .init(5, [5, 5], [3, 3], stride: [1, 1], padding: .same, channels: 64),
  .init(3, [7, 9], [7, 9], stride: [1, 1], channels: 31),
  .init(1, [6, 6], [4, 4], stride: [5, 5], padding: .explicit([0, 0], [3, 3]), channels: 2),
  // Windows that lie in the padding alone.
  .init(2, [3, 3], [2, 2], stride: [2, 2], padding: .explicit([2, 2], [2, 2]), channels: 3),
  .init(2, [3, 3], [2, 2], stride: [2, 2], padding: .explicit([2, 2], [2, 2]), channels: 3, countsPadding: true),
  .init(2, [4, 6, 5], [2, 2, 2], stride: [2, 2, 2], channels: 7),
  .init(1, [5, 4, 7], [3, 2, 3], stride: [2, 1, 2], padding: .same, channels: 16),
  .init(3, [4, 4, 4], [4, 4, 4], stride: [1, 1, 1], channels: 5),
]

let poolingCases: [BackendCase] =
  geometries.flatMap { geometry in
    let pooling = geometry.pooling
    return [
      BackendCase("maximum of \(geometry.name)", .exact) { run in
        // Few distinct values: which of several equal elements is named matters.
        [run.uniform(pooling.inputCount), run.integers(pooling.inputCount, -4..<0)].flatMap {
          let (output, taps) = run.backend.maximumPooling(pooling, $0)
          return [output, taps]
        }
      },
      BackendCase("maximum, along its taps, of \(geometry.name)", .scale(1e-5)) { run in
        let x = run.uniform(pooling.inputCount)
        let taps = try run.reference({ $0.maximumPooling(pooling, $1[0]).taps }, of: [x])
        return [
          run.backend.maximumPoolingScatter(pooling, run.uniform(pooling.outputCount, 0...1), taps: taps),
          run.backend.maximumPoolingGather(pooling, run.uniform(pooling.inputCount), taps: taps),
        ]
      },
      BackendCase("average of \(geometry.name)", .scale(1e-5)) { run in
        [
          run.backend.averagePooling(pooling, run.uniform(pooling.inputCount)),
          run.backend.averagePoolingGradient(pooling, run.uniform(pooling.outputCount)),
        ]
      },
    ]
  } + [
    BackendCase("maximum of special values", .exact) { run in
      let pooling = Pooling(batch: 1, windows: Windows([12], [3], stride: [3], .valid), channels: 1)
      let x = run.values([
        1, .nan, 2, .nan, 5, .nan, -.infinity, -.infinity, -.infinity, .infinity, -1, .infinity,
      ])
      let (output, taps) = run.backend.maximumPooling(pooling, x)
      return [output, taps]
    }
  ]
