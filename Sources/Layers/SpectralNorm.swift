import Tensors

/// Spectral normalization (Miyato et al., 2018): a weight divided by its largest singular value, so that the layer stretches
/// no difference of inputs. The singular vectors are followed by one step of power iteration at every use while
/// training; they are saved with the model. PyTorch's `spectral_norm`.
///
/// Layers have one if they are made in a ``LayerContext`` that says so.
public final class SpectralNorm: Module {
  /// Of the outputs, `[outputs]`: of length 1.
  public let outputVector: Parameter
  /// Of the inputs and taps, `[kernel · inputs]`: of length 1.
  public let inputVector: Parameter
  private let outputAxis: Int

  /// - Parameters:
  ///   - weight: The weight as it starts; fifteen iterations are made of it.
  ///   - outputAxis: The axis of `weight` that counts the outputs, -1 or -2.
  init(of weight: Tensor, outputAxis: Int, in context: LayerContext) {
    self.outputAxis = outputAxis
    let outputs = weight.shape[outputAxis]
    func direction(_ count: Int) -> Parameter {
      Parameter(Self.unit(.randomNormal([count], using: context.generator, on: context.device)), kind: .statistic)
    }
    (outputVector, inputVector) = (direction(outputs), direction(weight.count / outputs))
    super.init()
    withoutGradient {
      for _ in 0..<15 { iterate(matrix(weight)) }
    }
  }

  /// The normalized weight, of the shape of `weight`. Gradients see the singular value's dependence on the weight, not that of
  /// the vectors.
  func callAsFunction(_ weight: Tensor) -> Tensor {
    let matrix = matrix(weight)
    if isTraining { withoutGradient { iterate(matrix) } }
    let row = inputVector.value.reshaped(to: [1, matrix.shape[0]]), column = outputVector.value.reshaped(to: [matrix.shape[1], 1])
    return weight / Tensor.matmul(Tensor.matmul(row, matrix), column).reshaped(to: [])
  }

  /// `[kernel · inputs, outputs]`.
  private func matrix(_ weight: Tensor) -> Tensor {
    let last = outputAxis == -1 ? weight : weight.transposed([Int](0..<weight.rank - 2) + [weight.rank - 1, weight.rank - 2])
    return last.reshaped(to: [weight.count / last.shape[-1], last.shape[-1]])
  }

  /// The outputs' vector first, as PyTorch does.
  private func iterate(_ matrix: Tensor) {
    let detached = matrix.detached(), (inputs, outputs) = (detached.shape[0], detached.shape[1])
    let output = Tensor.matmul(inputVector.value.reshaped(to: [1, inputs]), detached)
    outputVector.value = Self.unit(output.reshaped(to: [outputs]))
    let input = Tensor.matmul(detached, outputVector.value.reshaped(to: [outputs, 1]))
    inputVector.value = Self.unit(input.reshaped(to: [inputs]))
  }

  private static func unit(_ vector: Tensor) -> Tensor {
    vector / vector.squared().sum().squareRoot().clamped(low: 1e-12, high: .greatestFiniteMagnitude)
  }
}
