import Backends
import Foundation
import Tensors

/// Changes parameters by their gradients. Subclasses say by which rule; formulas, names and defaults are
/// those of Keras 3.
open class Optimizer {
  public final var learningRate: Float
  /// Steps taken so far.
  public package(set) final var iterations = 0
  /// `slots[s][p]`: what the rule remembers of parameter `p`; empty before the first step.
  package final var slots: [[Tensor]] = []
  /// The parameters of the first step, which every later step must bring in the same order.
  private var parameters: [Parameter] = []
  /// What they were looked for in, if anything.
  private weak var network: Module?

  init(learningRate: Float) {
    require(learningRate.isFinite && learningRate >= 0, "the learning rate \(learningRate) is not a finite number ≥ 0")
    self.learningRate = learningRate
  }

  /// The trainable parameters of `network`, looked for at its first step only: that takes longer than enqueueing many
  /// kernels. So its layers must stay the same ones.
  package final func trainableParameters(of network: Module) -> [Parameter] {
    if parameters.isEmpty { (self.network, parameters) = (network, network.trainableParameters) }
    guard self.network === network else { return network.trainableParameters }
    assert(parameters.elementsEqual(network.trainableParameters, by: ===), "a layer was replaced while training")
    return parameters
  }

  /// The rule of step number `iteration`, from 1.
  open func rule(iteration: Int) -> OptimizerRule { fatalError("\(type(of: self)) does not override rule") }

  /// Everything but the learning rate that a resumed run must agree on.
  open var settings: [String: Float] { [:] }

  /// One step.
  ///
  /// - Parameters:
  ///   - parameters: The same ones in the same order at every step.
  ///   - gradients: One a parameter, of its shape.
  public final func update(_ parameters: [Parameter], gradients: [Tensor]) {
    guard !parameters.isEmpty else { return }
    require(
      parameters.count == gradients.count && zip(parameters, gradients).allSatisfy { $0.shape == $1.shape },
      "optimizer: \(gradients.count) gradients do not fit \(parameters.count) parameters")
    if self.parameters.isEmpty { self.parameters = parameters }
    require(
      self.parameters.elementsEqual(parameters, by: ===),
      "optimizer: a step must bring the parameters of the first step, in the same order")
    let device = gradients[0].device
    let rule = rule(iteration: iterations + 1)
    if slots.isEmpty {
      slots = (0..<rule.slotCount).map { _ in parameters.map { .zeros($0.shape, on: device) } }
    }
    // Held here alone, they are written where they are.
    var values = parameters.map { $0.takeStorage() }, memory = slots.map { $0.map(\.storage) }
    slots = []
    device.backend.optimizerStep(rule, parameters: &values, gradients: gradients.map(\.storage), slots: &memory)
    for (parameter, storage) in zip(parameters, values) {
      parameter.value = Tensor(storage, shape: parameter.shape, on: device)
    }
    slots = memory.map { slot in
      zip(parameters, slot).map { Tensor($1, shape: $0.shape, on: device) }
    }
    iterations += 1
  }
}

/// Stochastic gradient descent, with momentum if that is not 0, and Nesterov's variant of it.
public final class SGD: Optimizer {
  public let momentum: Float
  public let nesterov: Bool

  public init(learningRate: Float = 0.01, momentum: Float = 0, nesterov: Bool = false) {
    (self.momentum, self.nesterov) = (momentum, nesterov)
    super.init(learningRate: learningRate)
  }

  public override func rule(iteration: Int) -> OptimizerRule {
    .sgd(rate: learningRate, momentum: momentum, nesterov: nesterov)
  }

  public override var settings: [String: Float] { ["momentum": momentum, "nesterov": nesterov ? 1 : 0] }
}

/// Divides by a moving root mean square of the gradient (Tieleman and Hinton, 2012).
public final class RMSProp: Optimizer {
  public let rho: Float
  public let epsilon: Float

  public init(learningRate: Float = 1e-3, rho: Float = 0.9, epsilon: Float = 1e-7) {
    (self.rho, self.epsilon) = (rho, epsilon)
    super.init(learningRate: learningRate)
  }

  public override func rule(iteration: Int) -> OptimizerRule {
    .rmsProp(rate: learningRate, rho: rho, epsilon: epsilon)
  }

  public override var settings: [String: Float] { ["rho": rho, "epsilon": epsilon] }
}

/// Adam (Kingma and Ba, 2015); with `weightDecay`, AdamW (Loshchilov and Hutter, 2019), whose default in
/// Keras is 0.004.
public final class Adam: Optimizer {
  public let beta1: Float
  public let beta2: Float
  public let epsilon: Float
  public let weightDecay: Float

  public init(
    learningRate: Float = 1e-3, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-7,
    weightDecay: Float = 0
  ) {
    (self.beta1, self.beta2, self.epsilon, self.weightDecay) = (beta1, beta2, epsilon, weightDecay)
    super.init(learningRate: learningRate)
  }

  public override func rule(iteration: Int) -> OptimizerRule {
    // In double: 1 − β₂ᵗ of the first steps would lose half of a float's digits.
    let correction =
      (1 - pow(Double(beta2), Double(iteration))).squareRoot() / (1 - pow(Double(beta1), Double(iteration)))
    return .adam(
      rate: Float(Double(learningRate) * correction), beta1: beta1, beta2: beta2, epsilon: epsilon,
      decay: learningRate * weightDecay)
  }

  public override var settings: [String: Float] {
    ["beta1": beta1, "beta2": beta2, "epsilon": epsilon, "weightDecay": weightDecay]
  }
}
