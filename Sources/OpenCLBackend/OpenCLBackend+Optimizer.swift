import Backends
import Kernels

extension OpenCLBackend {
  /// Parameters of a launch: `optimizer.cl` has so many places.
  private static let places = 24

  public func optimizerStep(
    _ rule: OptimizerRule, parameters: inout [any Storage], gradients: [any Storage], slots: inout [[any Storage]]
  ) {
    rule.requireFit(parameters, gradients, slots)
    func writable(_ storages: inout [any Storage]) -> [OpenCLStorage] {
      storages.indices.map { storages.writable($0, as: own, copy: copied) }
    }
    let weights = writable(&parameters), memory = slots.indices.map { writable(&slots[$0]) }
    let present = weights.indices.filter { weights[$0].count > 0 }
    runtime.perform {
      let wide = present.contains { needsWideIndices(weights[$0].count) }, width = runtime.flatWidth
      let (macro, constants, nesterov) = rule.macro
      let kernel = try runtime.kernel(
        .optimizer, "optimizerStep",
        defines: [
          "WIDTH": width, "RULE": macro, "SLOTS": rule.slotCount, nesterov ? "NESTEROV" : "PLAIN": 1,
          wide ? "WIDE" : "NARROW": 1,
        ])
      for first in stride(from: 0, to: present.count, by: Self.places) {
        let batch = present[first..<min(first + Self.places, present.count)]
        var arguments = constants.map { KernelArgument.float($0) }
        arguments.reserveCapacity(arguments.count + Self.places * (3 + memory.count))
        for place in 0..<Self.places {
          // A place without a parameter repeats the first one's buffers, with nothing to do.
          let isUsed = place < batch.count
          let p = batch[first + (isUsed ? place : 0)]
          arguments.append(runtime.index(isUsed ? weights[p].count : 0, wide: wide))
          arguments.append(buffer(gradients[p]))
          arguments.append(.buffer(weights[p]))
          for slot in memory { arguments.append(.buffer(slot[p])) }
        }
        let elements = batch.reduce(0) { $0 + weights[$1].count }
        try runtime.launchShared(
          kernel, units: elements.dividedUp(by: width), cost: (3 + 2 * rule.slotCount) * width, arguments)
      }
    }
  }

  /// A storage of its own with the same values.
  func copied(_ storage: OpenCLStorage) -> OpenCLStorage {
    let copy = runtime.allocate(count: storage.count)
    self.copy(
      storage, into: copy, StridedCopy(shape: [storage.count], sourceStrides: [1], destinationStrides: [1]))
    return copy
  }
}

extension OptimizerRule {
  /// The macro of `optimizer.cl` and its constants a to e.
  fileprivate var macro: (name: String, constants: [Float], nesterov: Bool) {
    switch self {
    case .sgd(let rate, let momentum, let nesterov):
      (slotCount == 0 ? "SGD" : "MOMENTUM", [rate, momentum, 0, 0, 0], nesterov)
    case .movingAverage(let decay, let scale): ("MOVING_AVERAGE", [decay, scale, 0, 0, 0], false)
    case .rmsProp(let rate, let rho, let epsilon): ("RMSPROP", [rate, rho, 0, epsilon, 0], false)
    case .adam(let rate, let beta1, let beta2, let epsilon, let decay):
      ("ADAM", [rate, beta1, beta2, epsilon, decay], false)
    }
  }
}
