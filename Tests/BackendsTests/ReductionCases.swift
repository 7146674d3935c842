import Backends
import TestSupport

private let reductionShapes: [(outer: Int, length: Int, inner: Int)] = [
  (1, 1, 1), (1, 2, 1), (1, 17, 1), (1, 1000, 1), (1, 10007, 1), (1, 65537, 1), (3, 1, 5), (7, 5, 1), (129, 33, 1),
  (1, 10007, 3), (1, 257, 17), (1, 3, 1000), (5, 7, 3), (3, 100, 33), (2, 1009, 64), (65, 2, 2), (1, 2, 4099),
  (1000, 10, 1), (1000, 3, 2),
]

/// Rows of less than a vector, of several, of many; more rows than one thread takes; one row; none.
private let layers: [(rows: Int, channels: Int)] = [
  (1, 1), (16, 2), (17, 3), (5000, 1), (3000, 7), (129, 17), (16, 12_544), (1024, 32), (12_545, 32), (7, 33),
  (4097, 24), (300, 513), (3, 2049), (0, 5),
]

let activationGradientCases: [BackendCase] =
  layers.enumerated().map { i, layer in
    let activation = activations[1 + i % (activations.count - 1)]
    return BackendCase("\(activation) gradient of \(layer.rows) × \(layer.channels) and its bias", .scale(1e-5)) { run in
      // Outputs on both sides of the kink, but not beside it.
      let output = run.integers(layer.rows * layer.channels, -1..<3)
      let result = run.backend.activationAndBiasGradients(
        activation, output: output, gradient: run.uniform(layer.rows * layer.channels), channels: layer.channels)
      return [result.gradient, result.bias]
    }
  }

let reductionCases: [BackendCase] =
  reductionShapes.flatMap { outer, length, inner in
    let shape = "[\(outer), \(length), \(inner)]"
    return [
      // Positive numbers, so that the sum itself is the scale of its error.
      BackendCase("sum of \(shape)", .elements(1e-5, floor: 1e-30)) { run in
        [
          run.backend.reduce(
            .sum, run.uniform(outer * length * inner, 0...1), outer: outer, length: length, inner: inner)
        ]
      },
      BackendCase("mean of \(shape)", .elements(1e-5, floor: 1e-30)) { run in
        [
          run.backend.reduce(
            .mean, run.uniform(outer * length * inner, 0...1), outer: outer, length: length, inner: inner)
        ]
      },
      BackendCase("extremes of \(shape)", .exact) { run in
        let x = run.uniform(outer * length * inner), ties = run.integers(outer * length * inner, -5..<5)
        return [x, ties].flatMap { x in
          [Reduction.maximum, .minimum, .argumentMaximum].map {
            run.backend.reduce($0, x, outer: outer, length: length, inner: inner)
          }
        }
      },
    ]
  } + [
    BackendCase("sum that cancels", .scale(1e-5, floor: 1000)) { run in
      let x = run.uniform(10007, -100...100)
      return [run.backend.reduce(.sum, x, outer: 1, length: 10007, inner: 1)]
    },
    BackendCase("sum of a million ones", .exact) { run in
      let x = run.backend.fill(1, count: 1 << 20)
      return [
        run.backend.reduce(.sum, x, outer: 1, length: 1 << 20, inner: 1),
        run.backend.reduce(.sum, x, outer: 1, length: 1 << 19, inner: 2),
      ]
    },
    BackendCase("sum and mean of none", .exact) { run in
      [Reduction.sum, .mean].map { run.backend.reduce($0, run.values([]), outer: 3, length: 0, inner: 2) }
    },
    BackendCase("reductions of special values", .exact) { run in
      let rows: [[Float]] = [
        [.nan, 1, 2, 3], [1, 2, 3, .nan], [0, .nan, .infinity, .nan], [-.infinity, -.infinity, -.infinity, -.infinity],
        [.infinity, 1, .infinity, 0], [-1, -.infinity, -2, -3], [0, -0.0, 0, -0.0], [-3, -1, -1, -2],
      ]
      let across = run.values(rows.flatMap(\.self))
      let down = run.values((0..<4).flatMap { i in rows.map { $0[i] } })
      return [Reduction.sum, .mean, .maximum, .minimum, .argumentMaximum].flatMap { reduction in
        [
          run.backend.reduce(reduction, across, outer: rows.count, length: 4, inner: 1),
          run.backend.reduce(reduction, down, outer: 1, length: 4, inner: rows.count),
        ]
      }
    },
  ]

private let tables: [(rows: Int, width: Int, count: Int)] = [
  (1, 1, 1), (10, 1, 33), (7, 3, 100), (10, 100, 16), (1000, 17, 257), (5, 1, 1000), (33, 64, 1),
]

let indexingCases: [BackendCase] =
  tables.flatMap { rows, width, count in
    [
      BackendCase("gather \(count) of [\(rows), \(width)]", .exact) { run in
        [
          run.backend.gather(
            run.uniform(rows * width), indices: run.integers(count, 0..<rows), rows: rows, width: width)
        ]
      },
      BackendCase("scatter \(count) into [\(rows), \(width)]", .scale(1e-5)) { run in
        let x = run.uniform(count * width, 0...1)
        return [run.backend.scatterAdd(x, indices: run.integers(count, 0..<rows), rows: rows, width: width)]
      },
    ]
  } + [
    BackendCase("gather and scatter with indices outside", .exact) { run in
      let indices = run.values([-1, 0, 4, 5, 1e9, -1e9, .nan, .infinity, 2])
      return [
        run.backend.gather(run.uniform(15), indices: indices, rows: 5, width: 3),
        run.backend.scatterAdd(run.integers(27, 0..<9), indices: indices, rows: 5, width: 3),
      ]
    }
  ]
