import Backends
import Tensors

/// What convolutions and transposed convolutions have in common.
///
/// `N` is the batch dimension; `k`, `s` and `d` stand for the kernel size, stride and dilation on each of
/// one to three spatial axes.
public class ConvolutionLayer: Layer {
  /// `[k…, I, O]`; for a transposed convolution `[k…, O, I]`.
  public let weight: Parameter
  /// `[O]`, or nil without a bias.
  public let bias: Parameter?
  /// One extent for each spatial axis, outermost first: `[height, width]`, `[depth, height, width]`.
  public let kernelSize: [Int]
  /// How far the window moves on each spatial axis; a transposed convolution spreads its input by it.
  public let stride: [Int]
  /// The distance of neighbouring taps on each spatial axis; 1 leaves no gaps.
  public let dilation: [Int]
  /// How borders are treated; of a transposed convolution, those of the convolution it reverses.
  public let padding: Padding
  /// Of the weight, if the layer's context asked for it.
  public let spectralNorm: SpectralNorm?
  /// What the result goes through, in the same operation.
  public let activation: Activation

  init(
    channels: [Int], outputChannels: Int, kernelSize: [Int], stride: [Int], padding: Padding, dilation: [Int],
    activation: Activation, useBias: Bool, initializer: Initializer, outputAxis: Int = -1, in context: LayerContext
  ) {
    weight = Parameter(initializer.tensor(Shape(kernelSize + channels), in: context))
    bias = useBias ? Parameter(.zeros([outputChannels], on: context.device)) : nil
    spectralNorm = context.useSpectralNorm ? SpectralNorm(of: weight.value, outputAxis: outputAxis, in: context) : nil
    (self.kernelSize, self.stride, self.dilation) = (kernelSize, stride, dilation)
    (self.padding, self.activation) = (padding, activation)
  }

  public override var details: String {
    var parts = [kernelSize.map(String.init).joined(separator: "×")]
    if stride.contains(where: { $0 != 1 }) { parts.append("stride \(stride[0])") }
    if dilation.contains(where: { $0 != 1 }) { parts.append("dilation \(dilation[0])") }
    if activation != .identity { parts.append(activation.label) }
    return parts.joined(separator: ", ")
  }

  /// What is convolved with.
  fileprivate var normalizedWeight: Tensor { spectralNorm?(weight.value) ?? weight.value }

  fileprivate func requireChannels(_ input: Tensor, axis: Int) {
    require(
      input.rank == weight.shape.rank && input.shape[-1] == weight.shape[axis],
      "\(type(of: self)) \(weight.name): an input of shape \(input.shape) does not fit the weight \(weight.shape)")
  }
}

/// A convolution over one, two or three axes: `[N, …, I] → [N, …, O]`.
public class Conv: ConvolutionLayer {
  /// A kernel of one to three axes. The defaults are those of Keras.
  ///
  /// - Parameters:
  ///   - kernelSize: One extent for each spatial axis, outermost first.
  ///   - stride: One for each spatial axis; ones if nil.
  ///   - dilation: The distance of neighbouring taps of the kernel on each spatial axis; ones if nil.
  ///   - activation: Applied to the result, in the same operation.
  ///   - useBias: Whether a trainable number, 0 at first, is added to each output channel.
  ///   - initializer: How the weight starts.
  ///   - context: Where the parameters live, and the numbers they start from.
  public init(
    inputChannels: Int, outputChannels: Int, kernelSize: [Int], stride: [Int]? = nil, padding: Padding = .valid,
    dilation: [Int]? = nil, activation: Activation = .identity, useBias: Bool = true,
    initializer: Initializer = .glorotUniform, in context: LayerContext
  ) {
    let ones = kernelSize.map { _ in 1 }
    super.init(
      channels: [inputChannels, outputChannels], outputChannels: outputChannels, kernelSize: kernelSize,
      stride: stride ?? ones, padding: padding, dilation: dilation ?? ones, activation: activation,
      useBias: useBias, initializer: initializer, in: context)
  }

  public override func forward(_ input: Tensor) -> Tensor {
    requireChannels(input, axis: -2)
    return input.convolved(
      filter: normalizedWeight, bias: bias?.value, stride: stride, padding: padding, dilation: dilation,
      activation: activation)
  }

  /// Whether the upsampling before this layer can be computed together with it.
  func joins(_ upsampling: UpSampling) -> Bool {
    upsampling.interpolation == .nearest && (stride + dilation).allSatisfy { $0 == 1 }
  }

  /// The output for an input that is first upsampled by `factor` on each axis, nearest.
  func forward(_ input: Tensor, upsampledBy factor: Int) -> Tensor {
    requireChannels(input, axis: -2)
    return input.upsampledConvolved(
      filter: normalizedWeight, bias: bias?.value, factors: stride.map { _ in factor }, padding: padding,
      activation: activation)
  }
}

/// A convolution over images: `[N, height, width, I] → [N, height′, width′, O]`.
///
/// Keras' `Conv2D`: glorot-uniform weights, zero biases, `valid` padding by default.
public final class Conv2D: Conv {
  /// A square kernel. The defaults are those of Keras' `Conv2D`.
  ///
  /// - Parameters:
  ///   - kernelSize: The kernel's extent on both axes; `stride` and `dilation` likewise.
  ///   - dilation: The distance of neighbouring taps of the kernel; 1 leaves no gaps.
  ///   - activation: Applied to the result, in the same operation.
  ///   - useBias: Whether a trainable number, 0 at first, is added to each output channel.
  ///   - initializer: How the weight starts.
  ///   - context: Where the parameters live, and the numbers they start from.
  public init(
    inputChannels: Int, outputChannels: Int, kernelSize: Int, stride: Int = 1, padding: Padding = .valid,
    dilation: Int = 1, activation: Activation = .identity, useBias: Bool = true,
    initializer: Initializer = .glorotUniform, in context: LayerContext
  ) {
    super.init(
      inputChannels: inputChannels, outputChannels: outputChannels, kernelSize: [kernelSize, kernelSize],
      stride: [stride, stride], padding: padding, dilation: [dilation, dilation], activation: activation,
      useBias: useBias, initializer: initializer, in: context)
  }
}

/// A convolution over volumes: `[N, depth, height, width, I] → [N, depth′, height′, width′, O]`.
public final class Conv3D: Conv {
  /// A cubic kernel. The defaults are those of Keras' `Conv3D`.
  ///
  /// - Parameters:
  ///   - kernelSize: The kernel's extent on all three axes; `stride` and `dilation` likewise.
  ///   - dilation: The distance of neighbouring taps of the kernel; 1 leaves no gaps.
  ///   - activation: Applied to the result, in the same operation.
  ///   - useBias: Whether a trainable number, 0 at first, is added to each output channel.
  ///   - initializer: How the weight starts.
  ///   - context: Where the parameters live, and the numbers they start from.
  public init(
    inputChannels: Int, outputChannels: Int, kernelSize: Int, stride: Int = 1, padding: Padding = .valid,
    dilation: Int = 1, activation: Activation = .identity, useBias: Bool = true,
    initializer: Initializer = .glorotUniform, in context: LayerContext
  ) {
    func each(_ value: Int) -> [Int] { [value, value, value] }
    super.init(
      inputChannels: inputChannels, outputChannels: outputChannels, kernelSize: each(kernelSize),
      stride: each(stride), padding: padding, dilation: each(dilation), activation: activation,
      useBias: useBias, initializer: initializer, in: context)
  }
}

/// A transposed convolution over one, two or three axes: `[N, …, I] → [N, …, O]`; with `same` padding, `stride` times the extents.
public class ConvTranspose: ConvolutionLayer {
  /// A kernel of one to three axes. The defaults are those of Keras.
  ///
  /// - Parameters:
  ///   - kernelSize: One extent for each spatial axis, outermost first.
  ///   - stride: One for each spatial axis; ones if nil.
  ///   - dilation: The distance of neighbouring taps of the kernel on each spatial axis; ones if nil.
  ///   - activation: Applied to the result, in the same operation.
  ///   - useBias: Whether a trainable number, 0 at first, is added to each output channel.
  ///   - initializer: How the weight starts.
  ///   - context: Where the parameters live, and the numbers they start from.
  public init(
    inputChannels: Int, outputChannels: Int, kernelSize: [Int], stride: [Int]? = nil, padding: Padding = .valid,
    dilation: [Int]? = nil, activation: Activation = .identity, useBias: Bool = true,
    initializer: Initializer = .glorotUniform, in context: LayerContext
  ) {
    let ones = kernelSize.map { _ in 1 }
    super.init(
      channels: [outputChannels, inputChannels], outputChannels: outputChannels, kernelSize: kernelSize,
      stride: stride ?? ones, padding: padding, dilation: dilation ?? ones, activation: activation,
      useBias: useBias, initializer: initializer, outputAxis: -2, in: context)
  }

  public override func forward(_ input: Tensor) -> Tensor {
    requireChannels(input, axis: -1)
    return input.transposedConvolved(
      filter: normalizedWeight, bias: bias?.value, stride: stride, padding: padding, dilation: dilation,
      activation: activation)
  }
}

/// A transposed convolution over images: `[N, height, width, I] → [N, height′, width′, O]`.
public final class Conv2DTranspose: ConvTranspose {
  /// A square kernel. The defaults are those of Keras' `Conv2DTranspose`.
  ///
  /// - Parameters:
  ///   - kernelSize: The kernel's extent on both axes; `stride` likewise.
  ///   - activation: Applied to the result, in the same operation.
  ///   - useBias: Whether a trainable number, 0 at first, is added to each output channel.
  ///   - initializer: How the weight starts.
  ///   - context: Where the parameters live, and the numbers they start from.
  public init(
    inputChannels: Int, outputChannels: Int, kernelSize: Int, stride: Int = 1, padding: Padding = .valid,
    activation: Activation = .identity, useBias: Bool = true, initializer: Initializer = .glorotUniform,
    in context: LayerContext
  ) {
    super.init(
      inputChannels: inputChannels, outputChannels: outputChannels, kernelSize: [kernelSize, kernelSize],
      stride: [stride, stride], padding: padding, activation: activation, useBias: useBias,
      initializer: initializer, in: context)
  }
}

/// A transposed convolution over volumes: `[N, depth, height, width, I] → [N, depth′, height′, width′, O]`.
public final class Conv3DTranspose: ConvTranspose {
  /// A cubic kernel. The defaults are those of Keras' `Conv3DTranspose`.
  ///
  /// - Parameters:
  ///   - kernelSize: The kernel's extent on all three axes; `stride` likewise.
  ///   - activation: Applied to the result, in the same operation.
  ///   - useBias: Whether a trainable number, 0 at first, is added to each output channel.
  ///   - initializer: How the weight starts.
  ///   - context: Where the parameters live, and the numbers they start from.
  public init(
    inputChannels: Int, outputChannels: Int, kernelSize: Int, stride: Int = 1, padding: Padding = .valid,
    activation: Activation = .identity, useBias: Bool = true, initializer: Initializer = .glorotUniform,
    in context: LayerContext
  ) {
    func each(_ value: Int) -> [Int] { [value, value, value] }
    super.init(
      inputChannels: inputChannels, outputChannels: outputChannels, kernelSize: each(kernelSize),
      stride: each(stride), padding: padding, activation: activation, useBias: useBias,
      initializer: initializer, in: context)
  }
}
