import Backends
import Tensors

/// A value that a module owns: trained by an optimizer, or a statistic that follows the data.
public final class Parameter {
  /// Who changes a parameter.
  public enum Kind: Sendable {
    /// An optimizer: a weight or a bias.
    case trainable
    /// The module itself in training mode: a moving average.
    case statistic
  }

  /// A tracked tensor for trainable parameters, a constant for statistics and what is frozen.
  public var value: Tensor {
    get { stored }
    set {
      require(
        newValue.shape == stored.shape,
        "parameter \(name.isEmpty ? "(unnamed)" : name): shape \(newValue.shape) does not replace \(stored.shape)")
      stored = kind == .trainable && !isFrozen ? newValue.tracked() : newValue.detached()
    }
  }
  private var stored: Tensor
  private var isFrozen = false
  /// Who changes it. ``Frozen`` leaves the kind as it is.
  public private(set) var kind: Kind
  /// The dotted path from the outermost module, as last named by `namedParameters`.
  public internal(set) var name = ""

  /// A parameter that starts from `value` and keeps its shape; trainable unless `kind` says otherwise.
  public init(_ value: Tensor, kind: Kind = .trainable) {
    self.kind = kind
    stored = kind == .trainable ? value.tracked() : value.detached()
  }

  /// The shape of the value; it never changes.
  public var shape: Shape { stored.shape }

  /// Makes it a constant for good: operations on it alone are no longer recorded.
  func freeze() {
    isFrozen = true
    stored = stored.detached()
  }

  /// Takes it from the optimizers for good.
  func becomeStatistic() {
    kind = .statistic
    stored = stored.detached()
  }

  /// Gives away its elements, which `value` is to be set to again.
  fileprivate func takeStorage() -> any Storage {
    defer { stored = Tensor(uniform: .nan, shape: stored.shape, on: stored.device) }
    return stored.storage
  }
}

extension Tensor {
  /// Batch normalization whose moments two statistics follow, the variance multiplied by `varianceFactor`.
  func batchNormalized(
    scale: Tensor?, offset: Tensor?, epsilon: Float, activation: Activation, movingMean: Parameter,
    movingVariance: Parameter, decay: Float, varianceFactor: Float
  ) -> Tensor {
    var averages: MovingMoments? = MovingMoments(
      mean: movingMean.takeStorage(), variance: movingVariance.takeStorage(), decay: decay, meanShare: 1 - decay,
      varianceShare: (1 - decay) * varianceFactor)
    let normalized = batchNormalized(
      scale: scale, offset: offset, epsilon: epsilon, activation: activation, averages: &averages)
    movingMean.value = Tensor(averages!.mean, shape: movingMean.shape, on: device)
    movingVariance.value = Tensor(averages!.variance, shape: movingVariance.shape, on: device)
    return normalized.output
  }
}

extension [Parameter] {
  /// A step of a rule for all of them in one operation; values that are held here alone are written where they are.
  func step(_ rule: OptimizerRule, _ gradients: [Tensor], slots: inout [[any Storage]]) {
    guard let device = gradients.first?.device else { return }
    var values = map { $0.takeStorage() }
    device.backend.optimizerStep(rule, parameters: &values, gradients: gradients.map(\.storage), slots: &slots)
    for (parameter, storage) in zip(self, values) {
      parameter.value = Tensor(storage, shape: parameter.shape, on: device)
    }
  }

  /// `parameter ← decay · parameter + scale · value` for each of them.
  func follow(_ values: [Tensor], decay: Float, scale: Float) {
    var slots = [[any Storage]]()
    step(.movingAverage(decay: decay, scale: scale), values, slots: &slots)
  }
}
