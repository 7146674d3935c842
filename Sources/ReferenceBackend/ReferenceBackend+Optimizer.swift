import Backends

// The formulas are in `ElementFunctions.swift` of `Backends`.
extension ReferenceBackend {
  public func optimizerStep(
    _ rule: OptimizerRule, parameters: inout [any Storage], gradients: [any Storage], slots: inout [[any Storage]]
  ) {
    rule.requireFit(parameters, gradients, slots)
    guard failure.arePresent(parameters + gradients + slots.joined(), operation: "optimizerStep") else { return }
    func own(_ storages: inout [any Storage]) throws -> [HostStorage] {
      try storages.indices.map { try storages.writable($0, as: HostStorage.own) { try $0.copied() } }
    }
    do {
      // Copies first: without memory for one of them nothing changes.
      let weights = try own(&parameters), memory = try slots.indices.map { try own(&slots[$0]) }
      for (p, parameter) in weights.enumerated() {
        let g = read(gradients[p], parameter.count, "optimizerStep, gradient")
        let w = parameter.pointer, s = memory.map { $0[p].pointer }
        for i in 0..<parameter.count {
          var values = SIMD2<Float>()
          for slot in s.indices { values[slot] = s[slot][i] }
          rule.step(&w[i], gradient: g[i], slots: &values)
          for slot in s.indices { s[slot][i] = values[slot] }
        }
      }
    } catch {
      failure.latch(error)
    }
  }
}
