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
    let newParameters = parameters.map { scratch($0.count) }
    // Every parameter in pieces, and all pieces on all threads at once.
    var pieces: [(parameter: Int, range: Range<Int>)] = []
    for (p, parameter) in parameters.enumerated() {
      let tiles = Tiles(of: parameter.count, width: 16_384)
      for tile in 0..<tiles.count { pieces.append((p, tiles[tile])) }
    }
    launch()
    forEachTask(pieces.count, weight: parameters.reduce(0) { $0 + $1.count } / max(1, pieces.count)) { piece in
      let (p, range) = pieces[piece]
      let count = parameters[p].count, i = range.lowerBound, n = range.count
      let w = read(parameters[p], count, "optimizerStep, parameter") + i
      let g = read(gradients[p], count, "optimizerStep, gradient") + i
      func old(_ slot: Int) -> UnsafePointer<Float> { read(slots[slot][p], count, "optimizerStep, slot") + i }
      func new(_ slot: Int) -> UnsafeMutablePointer<Float> { newSlots[slot][p].pointer + i }
      let output = newParameters[p].pointer + i
      switch rule {
      case .sgd(let rate, 0, _): vl_sgd(rate, w, g, output, n)
      case .sgd(let rate, let momentum, let nesterov):
        vl_sgd_momentum(rate, momentum, nesterov, w, g, old(0), output, new(0), n)
      case .rmsProp(let rate, let rho, let epsilon):
        vl_rmsprop(rate, rho, epsilon, w, g, old(0), output, new(0), n)
      case .adam(let rate, let beta1, let beta2, let epsilon, let decay):
        vl_adam(rate, beta1, beta2, epsilon, decay, w, g, old(0), old(1), output, new(0), new(1), n)
      }
    }
    return (newParameters, newSlots)
  }
}
