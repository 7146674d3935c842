import Backends
import Foundation
import Tensors

// Formulas, names and defaults are those of Keras 3.

/// Stochastic gradient descent, with momentum if that is not 0, and Nesterov's variant of it.
public final class SGD: Optimizer {
  /// A step adds `v = momentum · v − learningRate · gradient`; 0 is plain descent, which remembers nothing.
  public let momentum: Float
  /// Whether a step adds `momentum · v − learningRate · gradient` in place of `v` (Nesterov, 1983).
  public let nesterov: Bool

  /// Keras' defaults.
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
  /// The weight of the old mean in the moving mean of the squared gradient.
  public let rho: Float
  /// Added to the moving mean square, below the root; PyTorch adds it to the root.
  public let epsilon: Float

  /// Keras' defaults; PyTorch's are a rate of 0.01, `alpha` 0.99 and `eps` 1e-8.
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
  /// The weight of the old mean in the moving mean of the gradient.
  public let beta1: Float
  /// The weight of the old mean in the moving mean of the squared gradient.
  public let beta2: Float
  /// Added to the root of the moving mean square before its bias is corrected; PyTorch adds it after that.
  public let epsilon: Float
  /// A step takes `learningRate · weightDecay` of every parameter away; 0 for plain Adam.
  public let weightDecay: Float

  /// Keras' defaults; PyTorch's `eps` is 1e-8.
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
