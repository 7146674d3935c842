import Backends

// The formulas are in `ElementFunctions.swift` of `Backends`.
extension ReferenceBackend {
  public func optimizerStep(
    _ rule: OptimizerRule, parameters: [any Storage], gradients: [any Storage], slots: [[any Storage]]
  ) -> (parameters: [any Storage], slots: [[any Storage]]) {
    require(
      gradients.count == parameters.count && slots.count == rule.slotCount
        && slots.allSatisfy { $0.count == parameters.count },
      "optimizerStep: \(parameters.count) parameters, \(gradients.count) gradients, slots \(slots.map(\.count))")
    var newParameters = [any Storage]()
    var newSlots = [[any Storage]](repeating: [], count: rule.slotCount)
    for p in parameters.indices {
      let count = parameters[p].count
      let w = read(parameters[p], count, "optimizerStep, parameter")
      let g = read(gradients[p], count, "optimizerStep, gradient")
      let oldSlots = slots.map { read($0[p], count, "optimizerStep, slot") }
      let resultSlots = slots.map { _ in compute(count) { _ in } }
      newParameters.append(
        compute(count) { output in
          for i in 0..<count {
            var slots = SIMD2<Float>()
            for s in oldSlots.indices { slots[s] = oldSlots[s][i] }
            output[i] = w[i]
            rule.step(&output[i], gradient: g[i], slots: &slots)
            for s in oldSlots.indices { resultSlots[s].pointer[i] = slots[s] }
          }
        })
      for s in resultSlots.indices { newSlots[s].append(resultSlots[s]) }
    }
    return (newParameters, newSlots)
  }
}
