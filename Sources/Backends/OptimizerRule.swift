/// One step of an optimizer, element by element, with the formulas of Keras 3.
///
/// `w` is the parameter, `g` its gradient; slots start as zeros.
public enum OptimizerRule: Hashable, Sendable {
  /// No momentum (no slot): `w −= rate · g`. With momentum (slot `v`): `v = momentum · v − rate · g`, then
  /// `w += v`, or with Nesterov's variant `w += momentum · v − rate · g`.
  case sgd(rate: Float, momentum: Float, nesterov: Bool)
  /// Slot `v`: `v = rho · v + (1 − rho) · g²`, `w −= rate · g / √(v + epsilon)`.
  case rmsProp(rate: Float, rho: Float, epsilon: Float)
  /// Slots `m`, `v`: `m += (g − m)(1 − beta1)`, `v += (g² − v)(1 − beta2)`,
  /// `w −= decay · w` (decoupled, as in AdamW; `decay` already holds the learning rate), then
  /// `w −= rate · m / (√v + epsilon)`, where `rate` already holds the bias correction
  /// `learningRate · √(1 − beta2ᵗ) / (1 − beta1ᵗ)`.
  case adam(rate: Float, beta1: Float, beta2: Float, epsilon: Float, decay: Float)

  /// No slot: `w = decay · w + scale · g`, the moving average of what comes in place of gradients if the two add up to 1.
  case movingAverage(decay: Float, scale: Float)

  /// How many slots a parameter has.
  public var slotCount: Int {
    switch self {
    case .sgd(_, let momentum, _): momentum == 0 ? 0 : 1
    case .movingAverage: 0
    case .rmsProp: 1
    case .adam: 2
    }
  }

  /// Stops if a step's operands do not belong together.
  package func requireFit(_ parameters: [any Storage], _ gradients: [any Storage], _ slots: [[any Storage]]) {
    require(
      gradients.count == parameters.count && slots.count == slotCount
        && slots.allSatisfy { $0.count == parameters.count },
      "optimizerStep: \(parameters.count) parameters, \(gradients.count) gradients, slots \(slots.map(\.count))")
    let others = [gradients] + slots
    require(
      parameters.indices.allSatisfy { p in others.allSatisfy { $0[p].count == parameters[p].count } },
      "optimizerStep: a gradient or a slot has not as many values as its parameter")
  }
}
