import Backends
import Tensors

/// A fully connected layer: `activation(x · weight + bias)`.
///
/// - Input: `[N, inputSize]`. Output: `[N, units]`.
public final class Dense: Layer {
  public let weight: Parameter  // [inputSize, units]
  public let bias: Parameter?  // [units]
  public let activation: Activation

  public init(
    inputSize: Int, units: Int, activation: Activation = .identity, useBias: Bool = true,
    initializer: Initializer = .glorotUniform, in context: LayerContext
  ) {
    weight = Parameter(initializer.tensor([inputSize, units], in: context))
    bias = useBias ? Parameter(.zeros([units], on: context.device)) : nil
    self.activation = activation
  }

  public override var details: String { activation.label }

  public override func forward(_ input: Tensor) -> Tensor {
    require(
      input.rank == 2 && input.shape[1] == weight.shape[0],
      "Dense \(weight.name): an input of shape \(input.shape) does not fit the weight \(weight.shape)")
    return input.dense(weight: weight.value, bias: bias?.value, activation: activation)
  }
}

/// A table of vectors, one for each of `count` indices: `[…] → […, size]`.
public final class Embedding: Layer {
  public let weight: Parameter  // [count, size]

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
