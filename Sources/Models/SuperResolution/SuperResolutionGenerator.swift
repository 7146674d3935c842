import Layers
import Tensors

/// SRResNet (Ledig et al., 2017): small images `[N, height, width, 3]` to `[N, scale · height, scale · width, 3]`, both in
/// [−1, 1], of any height and width. One residual body at the small size, then a doubling for each factor of two.
public final class SuperResolutionGenerator: Module {
  /// A convolution with kernel 9: images `[N, height, width, 3]` to features `[N, height, width, 64]`.
  public let head: Sequential
  /// The residual blocks, a convolution and a normalization: `[N, height, width, 64]` stays that. What it gives is
  /// added to what it was given.
  public let body: Sequential
  /// Features `[N, height, width, 64]` to images `[N, scale · height, scale · width, 3]` in [−1, 1].
  public let tail: Sequential

  init(_ configuration: SRGAN.Configuration, in context: LayerContext) {
    func rectified(_ input: Int, _ output: Int, kernelSize: Int = 3) -> [Layer] {
      let usesReLU = configuration.rectifier == .relu
      let convolution = Conv2D(
        inputChannels: input, outputChannels: output, kernelSize: kernelSize, padding: .same,
        activation: usesReLU ? .relu : .identity, in: context)
      return usesReLU ? [convolution] : [convolution, PReLU(channels: output, in: context)]
    }
    func normalization() -> [Layer] { configuration.normalization.layers(channels: 64, momentum: 0.8, in: context) }
    func convolution() -> Conv2D { Conv2D(inputChannels: 64, outputChannels: 64, kernelSize: 3, padding: .same, in: context) }

    head = Sequential(rectified(3, 64, kernelSize: 9))
    let blocks = (0..<configuration.residualBlocks).map { _ in
      Residual(rectified(64, 64) + normalization() + [convolution()] + normalization())
    }
    body = Sequential(blocks + [convolution()] + normalization())
    var layers = [Layer](), channels = 64
    for _ in 0..<configuration.doublings {
      switch configuration.upsampler {
      case .nearest:
        layers += [UpSampling()] + rectified(channels, configuration.upsampledChannels)
        channels = configuration.upsampledChannels
      case .pixelShuffle:
        layers += [Conv2D(inputChannels: 64, outputChannels: 256, kernelSize: 3, padding: .same, in: context), PixelShuffle()]
        layers.append(configuration.rectifier == .relu ? ActivationLayer(.relu) : PReLU(channels: 64, in: context))
      }
    }
    layers.append(
      Conv2D(inputChannels: channels, outputChannels: 3, kernelSize: 9, padding: .same, activation: .tanh, in: context))
    tail = Sequential(layers)
  }

  /// Images `[N, height, width, 3]` to images `[N, scale · height, scale · width, 3]`, both in [−1, 1].
  public func callAsFunction(_ images: Tensor) -> Tensor { tail(features(of: images)) }

  /// What is found at the small size: `[N, height, width, 3]` to `[N, height, width, 64]`.
  func features(of images: Tensor) -> Tensor {
    let features = head(images)
    return features + body(features)
  }
}
