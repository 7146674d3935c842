import Backends

// The formulas are in `ElementFunctions.swift` of `Backends`.
extension ReferenceBackend {
  public func optimizerStep(
    _ rule: OptimizerRule, parameters: inout [any Storage], gradients: [any Storage], slots: inout [[any Storage]]
  ) {
    rule.requireFit(parameters, gradients, slots)
    func own(_ storages: inout [any Storage], _ p: Int) -> UnsafeMutablePointer<Float> {
      storages.writable(p, as: HostStorage.own) { $0.copied() }.pointer
    }
    for p in parameters.indices {
      let g = read(gradients[p], parameters[p].count, "optimizerStep, gradient")
      let w = own(&parameters, p), s = slots.indices.map { own(&slots[$0], p) }
      for i in 0..<parameters[p].count {
        var values = SIMD2<Float>()
        for slot in s.indices { values[slot] = s[slot][i] }
        rule.step(&w[i], gradient: g[i], slots: &values)
        for slot in s.indices { s[slot][i] = values[slot] }
      }
    }
  }
}
