import Backends
import Tensors

/// Minibatch discrimination (Salimans et al., 2016): lets a discriminator see how alike the samples of a batch are, so that a
/// generator whose samples are all alike is found out.
///
/// With `M = input · weight`, seen as `kernels` rows of `kernelSize` numbers a sample, sample i gets for each kernel b the
/// closeness `Σ_{j ≠ i} exp(−‖M_ib − M_jb‖₁)` to the others behind its features.
///
/// - Input: `[N, features]`. Output: `[N, features + kernels]`.
public final class MinibatchDiscrimination: Layer {
  /// `[features, kernels · kernelSize]`.
  public let weight: Parameter
  /// How many numbers each sample gets.
  public let kernels: Int
  /// Over how many numbers a distance is taken.
  public let kernelSize: Int

  /// The paper has 100 kernels of 5 numbers.
  public init(
    features: Int, kernels: Int = 100, kernelSize: Int = 5, initializer: Initializer = .glorotUniform, in context: LayerContext
  ) {
    weight = Parameter(initializer.tensor([features, kernels * kernelSize], in: context))
    (self.kernels, self.kernelSize) = (kernels, kernelSize)
  }

  public override var details: String { "\(kernels)×\(kernelSize)" }

  public override func forward(_ input: Tensor) -> Tensor {
    require(
      input.rank == 2 && input.shape[1] == weight.shape[0],
      "MinibatchDiscrimination \(weight.name): an input of shape \(input.shape) does not fit the weight \(weight.shape)")
    let count = input.shape[0], rows = Tensor.matmul(input, weight.value)
    let distances =
      (rows.reshaped(to: [count, 1, kernels, kernelSize]) - rows.reshaped(to: [1, count, kernels, kernelSize]))
      .absolute().sum(axes: [-1])
    // Each sample is as close to itself as can be.
    return .concatenate([input, (-distances).exp().sum(axes: [1]) - 1])
  }
}
