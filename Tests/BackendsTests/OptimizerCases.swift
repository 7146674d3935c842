import Backends
import TestSupport

private let rules: [OptimizerRule] = [
  .sgd(rate: 0.1, momentum: 0, nesterov: false),
  .sgd(rate: 0.1, momentum: 0.9, nesterov: false),
  .sgd(rate: 0.1, momentum: 0.9, nesterov: true),
  .rmsProp(rate: 1e-3, rho: 0.9, epsilon: 1e-7),
  .movingAverage(decay: 0.99, scale: 0.02),
  .adam(rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, decay: 0),
  .adam(rate: 2e-4, beta1: 0.5, beta2: 0.9, epsilon: 1e-8, decay: 4e-3),
]

private let parameterSizes: [[Int]] = [
  [1], [65537], [1, 3, 17, 288, 32, 1000], (1...40).map { $0 * $0 % 67 + 1 },
]

let optimizerCases: [BackendCase] = rules.flatMap { rule in
  parameterSizes.map { sizes in
    let name = sizes.count > 9 ? "\(sizes.count) parameters" : "parameters of \(sizes)"
    // RMSprop's and Adam's quotients turn a rounding of a small slot into one of the step, not of the weight.
    return BackendCase("three steps of \(rule) on \(name)", .elements(1e-5, floor: 1e-2)) { run in
      var parameters = sizes.map { run.uniform($0) }
      var slots = (0..<rule.slotCount).map { _ in sizes.map { run.backend.fill(0, count: $0) } }
      for _ in 0..<3 {
        let gradients = sizes.map { run.uniform($0) }
        run.backend.optimizerStep(rule, parameters: &parameters, gradients: gradients, slots: &slots)
      }
      return parameters + slots.flatMap(\.self)
    }
  }
}
