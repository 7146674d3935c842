import Backends
import Tensors

/// An activation as a layer of its own. Most layers take one as an argument, which is faster.
public final class ActivationLayer: Layer {
  /// What every element goes through.
  public let activation: Activation

  /// Keras' `Activation`, `LeakyReLU` or `ELU`.
  public init(_ activation: Activation) { self.activation = activation }

  public override var details: String { activation.label }

  public override func forward(_ input: Tensor) -> Tensor { input.activated(activation) }
}

/// `x > 0 ? x : slope · x` with a learned slope for each channel (He et al., 2015).
///
/// - Input, output: `[N, …, C]`.
public final class PReLU: Layer {
  /// `[C]`, trainable.
  public let slope: Parameter

  /// Keras starts at 0, PyTorch at 0.25.
  public init(channels: Int, initializer: Initializer = .zeros, in context: LayerContext) {
    slope = Parameter(initializer.tensor([channels], in: context))
  }

  public override func forward(_ input: Tensor) -> Tensor { input.prelu(slope: slope.value) }
}

/// While training, sets each element to 0 with probability `rate` and scales the others by
/// `1 / (1 − rate)`; otherwise the identity (Srivastava et al., 2014).
public final class Dropout: Layer {
  /// The probability that an element becomes 0, in [0, 1).
  public let rate: Float
  private let generator: RandomGenerator

  /// - Parameters:
  ///   - rate: In [0, 1); any other stops the program.
  ///   - context: Its generator is drawn from at every call in training mode.
  public init(rate: Float, in context: LayerContext) {
    require(rate >= 0 && rate < 1, "Dropout: rate \(rate) is not in [0, 1)")
    self.rate = rate
    generator = context.generator
  }

  public override var details: String { "rate \(rate)" }

  public override func forward(_ input: Tensor) -> Tensor {
    isTraining ? input.dropout(rate: rate, using: generator) : input
  }
}
