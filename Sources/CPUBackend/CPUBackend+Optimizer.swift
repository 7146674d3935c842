import Backends
import CVectorLoops

extension CPUBackend {
  public func optimizerStep(
    _ rule: OptimizerRule, parameters: inout [any Storage], gradients: [any Storage], slots: inout [[any Storage]]
  ) {
    rule.requireFit(parameters, gradients, slots)
    guard failure.arePresent(parameters + gradients + slots.joined(), operation: "optimizerStep") else { return }
    func own(_ storages: inout [any Storage]) throws -> [HostStorage] {
      try storages.indices.map { try storages.writable($0, as: HostStorage.own) { try $0.copied() } }
    }
    let weights: [HostStorage], memory: [[HostStorage]]
    do {
      // Copies first: without memory for one of them nothing changes.
      weights = try own(&parameters)
      memory = try slots.indices.map { try own(&slots[$0]) }
    } catch {
      return failure.latch(error)
    }
    // Every parameter in pieces, and all pieces on all threads at once.
    var pieces: [(parameter: Int, range: Range<Int>)] = []
    for (p, parameter) in weights.enumerated() {
      let tiles = Tiles(of: parameter.count, width: 16_384)
      for tile in 0..<tiles.count { pieces.append((p, tiles[tile])) }
    }
    launch()
    forEachTask(pieces.count, weight: weights.reduce(0) { $0 + $1.count } / max(1, pieces.count)) { piece in
      let (p, range) = pieces[piece]
      let i = range.lowerBound, n = range.count
      let w = weights[p].pointer + i
      let g = read(gradients[p], weights[p].count, "optimizerStep, gradient") + i
      func slot(_ s: Int) -> UnsafeMutablePointer<Float> { memory[s][p].pointer + i }
      switch rule {
      case .sgd(let rate, 0, _): vl_sgd(rate, g, w, n)
      case .sgd(let rate, let momentum, let nesterov): vl_sgd_momentum(rate, momentum, nesterov, g, w, slot(0), n)
      case .movingAverage(let decay, let scale): vl_moving_average(decay, scale, g, w, n)
      case .rmsProp(let rate, let rho, let epsilon): vl_rmsprop(rate, rho, epsilon, g, w, slot(0), n)
      case .adam(let rate, let beta1, let beta2, let epsilon, let decay):
        vl_adam(rate, beta1, beta2, epsilon, decay, g, w, slot(0), slot(1), n)
      }
    }
  }
}
