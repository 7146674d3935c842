import Backends
import Kernels

extension OpenCLBackend {
  public func optimizerStep(
    _ rule: OptimizerRule, parameters: [any Storage], gradients: [any Storage], slots: [[any Storage]]
  ) -> (parameters: [any Storage], slots: [[any Storage]]) {
    require(
      gradients.count == parameters.count && slots.count == rule.slotCount
        && slots.allSatisfy { $0.count == parameters.count },
      "optimizerStep: \(parameters.count) parameters, \(gradients.count) gradients, slots \(slots.map(\.count))")
    let newParameters = parameters.map { runtime.allocate(count: $0.count) }
    let newSlots = slots.map { $0.map { runtime.allocate(count: $0.count) } }
    let present = parameters.indices.filter { parameters[$0].count > 0 }
    runtime.perform {
      let wide = present.contains { needsWideIndices(parameters[$0].count) }, width = runtime.flatWidth
      let (macro, constants, nesterov) = rule.macro
      let kernel = try runtime.kernel(
        .optimizer, "optimizerStep",
        defines: [
          "WIDTH": width, "RULE": macro, "SLOTS": rule.slotCount, nesterov ? "NESTEROV" : "PLAIN": 1,
          wide ? "WIDE" : "NARROW": 1,
        ])
      for first in stride(from: 0, to: present.count, by: 8) {
        let batch = present[first..<min(first + 8, present.count)]
        var arguments = constants.map { KernelArgument.float($0) }
        for place in 0..<8 {
          // A place without a parameter repeats the first one's buffers, with nothing to do.
          let isUsed = place < batch.count
          let p = batch[first + (isUsed ? place : 0)]
          arguments += [
            runtime.index(isUsed ? parameters[p].count : 0, wide: wide), buffer(parameters[p]),
            buffer(gradients[p]), .buffer(newParameters[p]),
          ]
          for s in slots.indices { arguments += [buffer(slots[s][p]), .buffer(newSlots[s][p])] }
        }
        let elements = batch.reduce(0) { $0 + parameters[$1].count }
        try runtime.launchShared(
          kernel, units: (elements + width - 1) / width, cost: (3 + 2 * rule.slotCount) * width, arguments)
      }
    }
    return (newParameters, newSlots)
  }
}

extension OptimizerRule {
  /// The macro of `optimizer.cl` and its constants a to e.
  fileprivate var macro: (name: String, constants: [Float], nesterov: Bool) {
    switch self {
    case .sgd(let rate, let momentum, let nesterov):
      (slotCount == 0 ? "SGD" : "MOMENTUM", [rate, momentum, 0, 0, 0], nesterov)
    case .rmsProp(let rate, let rho, let epsilon): ("RMSPROP", [rate, rho, 0, epsilon, 0], false)
    case .adam(let rate, let beta1, let beta2, let epsilon, let decay):
      ("ADAM", [rate, beta1, beta2, epsilon, decay], false)
    }
  }
}
