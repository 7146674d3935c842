import Backends
import Tensors

/// Batch normalization over every axis but the last: `γ · (x − mean) / √(variance + ε) + β`.
///
/// - Input, output: `[N, …, C]`. While training, mean and variance are the batch's (Ioffe and Szegedy,
///   2015, algorithm 1) and the moving averages follow: `average = momentum · average + (1 − momentum) ·
///   batch`. Otherwise the averages are used.
public final class BatchNorm: Layer {
  /// γ, `[C]`, ones at first; nil without a scale.
  public let scale: Parameter?
  /// β, `[C]`, zeros at first.
  public let offset: Parameter
  /// The average of the batches' means, a statistic `[C]`, zeros at first.
  public let movingMean: Parameter
  /// The average of the batches' variances, a statistic `[C]`, ones at first.
  public let movingVariance: Parameter
  /// The weight of the old average: Keras' `momentum`, one less PyTorch's.
  public let momentum: Float
  /// ε: what is added to the variance.
  public let epsilon: Float
  /// What the result goes through, in the same operation.
  public let activation: Activation
  /// Whether the moving variance follows the unbiased variance (N − 1), as in PyTorch; Keras' is N.
  public let usesUnbiasedVariance: Bool

  /// Keras' defaults. PyTorch's are `momentum: 0.9, epsilon: 1e-5, usesUnbiasedVariance: true`.
  ///
  /// - Parameter useScale: Without, γ is 1: Keras' `scale=False`, for layers that a ReLU and a convolution follow.
  public init(
    channels: Int, momentum: Float = 0.99, epsilon: Float = 1e-3, activation: Activation = .identity,
    usesUnbiasedVariance: Bool = false, useScale: Bool = true, in context: LayerContext
  ) {
    scale = useScale ? Parameter(.ones([channels], on: context.device)) : nil
    offset = Parameter(.zeros([channels], on: context.device))
    movingMean = Parameter(.zeros([channels], on: context.device), kind: .statistic)
    movingVariance = Parameter(.ones([channels], on: context.device), kind: .statistic)
    (self.momentum, self.epsilon, self.activation) = (momentum, epsilon, activation)
    self.usesUnbiasedVariance = usesUnbiasedVariance
  }

  public override var details: String { activation.label }

  public override func forward(_ input: Tensor) -> Tensor {
    guard isTraining else {
      return input.normalized(
        mean: movingMean.value, variance: movingVariance.value, scale: scale?.value, offset: offset.value,
        epsilon: epsilon, activation: activation)
    }
    let rows = Float(input.count / offset.shape.count)
    let correction = usesUnbiasedVariance && rows > 1 ? rows / (rows - 1) : 1
    return input.batchNormalized(
      scale: scale?.value, offset: offset.value, epsilon: epsilon, activation: activation,
      movingMean: movingMean, movingVariance: movingVariance, decay: momentum, varianceFactor: correction)
  }
}

/// Instance normalization: as batch normalization, but for each sample alone, over space, training or not
/// (Ulyanov et al., 2016).
///
/// - Input, output: `[N, …, C]` with at least one spatial axis.
public final class InstanceNorm: Layer {
  /// γ, `[C]`, ones at first.
  public let scale: Parameter
  /// β, `[C]`, zeros at first.
  public let offset: Parameter
  /// ε: what is added to the variance.
  public let epsilon: Float
  /// What the result goes through, in the same operation.
  public let activation: Activation

  /// Keras' epsilon (of `GroupNormalization`); PyTorch's is 1e-5.
  public init(channels: Int, epsilon: Float = 1e-3, activation: Activation = .identity, in context: LayerContext) {
    scale = Parameter(.ones([channels], on: context.device))
    offset = Parameter(.zeros([channels], on: context.device))
    (self.epsilon, self.activation) = (epsilon, activation)
  }

  public override var details: String { activation.label }

  public override func forward(_ input: Tensor) -> Tensor {
    input.instanceNormalized(
      scale: scale.value, offset: offset.value, epsilon: epsilon, activation: activation
    ).output
  }
}

/// Layer normalization of the last axis of every row (Ba et al., 2016).
///
/// - Input, output: `[…, C]`.
public final class LayerNorm: Layer {
  /// γ, `[C]`, ones at first.
  public let scale: Parameter
  /// β, `[C]`, zeros at first.
  public let offset: Parameter
  /// ε: what is added to the variance.
  public let epsilon: Float

  /// Keras' epsilon; PyTorch's is 1e-5.
  public init(channels: Int, epsilon: Float = 1e-3, in context: LayerContext) {
    scale = Parameter(.ones([channels], on: context.device))
    offset = Parameter(.zeros([channels], on: context.device))
    self.epsilon = epsilon
  }

  public override func forward(_ input: Tensor) -> Tensor {
    input.layerNormalized(scale: scale.value, offset: offset.value, epsilon: epsilon)
  }
}
