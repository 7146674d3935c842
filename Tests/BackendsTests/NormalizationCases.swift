import Backends
import TestSupport

private let shapes: [(groups: Int, rows: Int, channels: Int)] = [
  (1, 1, 1), (1, 1, 17), (1, 2, 3), (1, 10007, 1), (1, 784, 5), (1, 1000, 33), (1, 1875, 64), (1, 97, 257),
  (3, 49, 16), (5, 64, 7), (7, 1, 3), (33, 129, 1), (16, 17, 1), (2, 4097, 2),
  (2, 2503, 17), (1, 8209, 8),
]

let normalizationCases: [BackendCase] =
  shapes.flatMap { groups, rows, channels in
    let shape = Normalization(groups: groups, rows: rows, channels: channels, epsilon: 1e-3)
    let name = "[\(groups), \(rows), \(channels)]"
    // Of one row nothing is left but the offset, and a kink's derivative at an offset of 0 is anyone's choice.
    let activation = rows == 1 ? .tanh : activations[(groups + rows + channels) % activations.count]
    return [
      BackendCase("moments of \(name)", .elements(1e-5, floor: 0.1)) { run in
        let (mean, variance) = run.backend.moments(shape, run.uniform(shape.count, -2...3))
        return [mean, variance]
      },
      BackendCase("moments of \(name) around 1000", .elements(1e-4, floor: 0.1)) { run in
        let (mean, variance) = run.backend.moments(shape, run.uniform(shape.count, 999...1001))
        return [mean, variance]
      },
      BackendCase("normalize \(name), \(activation)", .scale(1e-5, floor: 1)) { run in
        let x = run.uniform(shape.count)
        let mean = run.uniform(shape.statisticsCount), variance = run.uniform(shape.statisticsCount, 0...2)
        let scale = run.uniform(channels), offset = run.uniform(channels)
        return [(scale, offset), (nil, nil), (scale, nil), (nil, offset)].map {
          run.backend.normalize(
            shape, x, mean: mean, variance: variance, scale: $0.0, offset: $0.1, activation: activation)
        }
      },
      BackendCase("normalizationGradient of \(name), \(activation)", .scale(1e-4, floor: 1)) { run in
        let x = run.uniform(shape.count, -2...3), dy = run.uniform(shape.count)
        let scale = run.uniform(channels), offset = run.uniform(channels)
        let mean = try run.reference({ $0.moments(shape, $1[0]).mean }, of: [x])
        let variance = try run.reference({ $0.moments(shape, $1[0]).variance }, of: [x])
        return [(scale, offset), (nil, nil), (scale, nil), (nil, offset)].flatMap { scale, offset in
          let gradients = run.backend.normalizationGradient(
            shape, input: x, outputGradient: dy, mean: mean, variance: variance, scale: scale, offset: offset,
            activation: activation)
          return [gradients.input, gradients.scale, gradients.offset]
        }
      },
    ]
  }
  + activations.map { activation in
    let shape = Normalization(groups: 2, rows: 15, channels: 9, epsilon: 1e-5)
    return BackendCase("normalize with \(activation)", .scale(1e-5, floor: 1)) { run in
      [
        run.backend.normalize(
          shape, run.uniform(shape.count), mean: run.uniform(18), variance: run.uniform(18, 0.1...2),
          scale: run.uniform(9), offset: run.uniform(9), activation: activation)
      ]
    }
  }
