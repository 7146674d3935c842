import Backends
import Tensors

/// A fully connected layer: `activation(x · weight + bias)`.
///
/// - Input: `[N, inputSize]`. Output: `[N, units]`.
public final class Dense: Layer {
  /// `[inputSize, units]`.
  public let weight: Parameter
  /// `[units]`, or nil without a bias.
  public let bias: Parameter?
  /// Of the weight, if the layer's context asked for it.
  public let spectralNorm: SpectralNorm?
  /// What the result goes through, in the same operation.
  public let activation: Activation

  /// The defaults are those of Keras' `Dense`.
  ///
  /// - Parameters:
  ///   - inputSize: The number of features of one sample.
  ///   - units: The number of outputs of one sample.
  ///   - activation: Applied to the result, in the same operation.
  ///   - useBias: Whether a trainable number, 0 at first, is added to each output.
  ///   - initializer: How the weight starts.
  ///   - context: Where the parameters live, and the numbers they start from.
  public init(
    inputSize: Int, units: Int, activation: Activation = .identity, useBias: Bool = true,
    initializer: Initializer = .glorotUniform, in context: LayerContext
  ) {
    weight = Parameter(initializer.tensor([inputSize, units], in: context))
    bias = useBias ? Parameter(.zeros([units], on: context.device)) : nil
    spectralNorm = context.useSpectralNorm ? SpectralNorm(of: weight.value, outputAxis: -1, in: context) : nil
    self.activation = activation
  }

  public override var details: String { activation.label }

  public override func forward(_ input: Tensor) -> Tensor {
    require(
      input.rank == 2 && input.shape[1] == weight.shape[0],
      "Dense \(weight.name): an input of shape \(input.shape) does not fit the weight \(weight.shape)")
    return input.dense(weight: spectralNorm?(weight.value) ?? weight.value, bias: bias?.value, activation: activation)
  }
}

/// A table of vectors, one for each of `count` indices: `[…] → […, size]`.
public final class Embedding: Layer {
  /// `[count, size]`, trainable.
  public let weight: Parameter

  /// The defaults are those of Keras' `Embedding`.
  ///
  /// - Parameters:
  ///   - count: How many vectors there are. An index outside of `0..<count` gives a vector of NaN.
  ///   - size: The extent of each vector.
  ///   - initializer: How the vectors start.
  ///   - context: Where the vectors live, and the numbers they start from.
  public init(
    count: Int, size: Int, initializer: Initializer = .uniform(low: -0.05, high: 0.05), in context: LayerContext
  ) {
    weight = Parameter(initializer.tensor([count, size], in: context))
  }

  public override func forward(_ input: Tensor) -> Tensor { weight.value.gathering(input) }
}

extension Activation {
  /// As a summary shows it; nothing for the identity.
  var label: String {
    switch self {
    case .identity: ""
    case .relu: "relu"
    case .leakyReLU(let slope): "leaky relu \(slope)"
    case .sigmoid: "sigmoid"
    case .tanh: "tanh"
    case .elu(let alpha): "elu \(alpha)"
    }
  }
}
