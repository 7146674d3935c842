import Backends
import TestSupport

private let generator = Philox(key: SIMD2(0x2545_F491, 0x9E37_79B9))
private let counts = [1, 2, 3, 4, 5, 17, 1000, 65537]
/// From the start, across a carry into the counter's upper word, and around its end.
private let counters: [UInt64] = [0, 0xFFFF_FFFF, 0x1234_5678_9ABC_DEF0, .max]

let randomCases: [BackendCase] =
  [
    Distribution.uniform(low: 0, high: 1), .uniform(low: -1, high: 1), .uniform(low: -0.05, high: 0.05),
    .uniform(low: 0.3, high: 17.7), .normal(mean: 0, deviation: 1), .normal(mean: -3, deviation: 0.02),
  ].map { distribution in
    var tolerance = Tolerance.exact
    if case .normal = distribution { tolerance = .scale(1e-5) }
    return BackendCase("\(distribution)", tolerance) { run in
      counters.flatMap { counter in
        counts.map { run.backend.random(distribution, count: $0, generator: generator, counter: counter) }
      }
    }
  }
  + [0, 0.1, 0.25, 0.5, 0.9].map { rate in
    BackendCase("dropout of \(rate)", .elements(1e-6, floor: 1e-30)) { run in
      counts.map {
        run.backend.dropout(run.uniform($0, 0.5...1), rate: rate, generator: generator, counter: 0xFFFF_FFFF)
      }
    }
  }
