import Backends
import CVectorLoops

extension CPUBackend {
  public func optimizerStep(
    _ rule: OptimizerRule, parameters: [any Storage], gradients: [any Storage], slots: [[any Storage]]
  ) -> (parameters: [any Storage], slots: [[any Storage]]) {
    require(
      gradients.count == parameters.count && slots.count == rule.slotCount
        && slots.allSatisfy { $0.count == parameters.count },
      "optimizerStep: \(parameters.count) parameters, \(gradients.count) gradients, slots \(slots.map(\.count))")
    let newSlots = slots.map { slot in slot.map { scratch($0.count) } }
    let newParameters = parameters.indices.map { p in
      let count = parameters[p].count
      let w = read(parameters[p], count, "optimizerStep, parameter")
      let g = read(gradients[p], count, "optimizerStep, gradient")
      let old = slots.map { read($0[p], count, "optimizerStep, slot") }
      return compute(count) { output, range in
        let (i, n) = (range.lowerBound, range.count)
        switch rule {
        case .sgd(let rate, let momentum, let nesterov):
          guard rule.slotCount > 0 else { return vl_sgd(rate, w + i, g + i, output + i, n) }
          vl_sgd_momentum(
            rate, momentum, nesterov, w + i, g + i, old[0] + i, output + i, newSlots[0][p].pointer + i, n)
        case .rmsProp(let rate, let rho, let epsilon):
          vl_rmsprop(
            rate, rho, epsilon, w + i, g + i, old[0] + i, output + i, newSlots[0][p].pointer + i, n)
        case .adam(let rate, let beta1, let beta2, let epsilon, let decay):
          vl_adam(
            rate, beta1, beta2, epsilon, decay, w + i, g + i, old[0] + i, old[1] + i, output + i,
            newSlots[0][p].pointer + i, newSlots[1][p].pointer + i, n)
        }
      }
    }
    return (newParameters, newSlots)
  }
}
