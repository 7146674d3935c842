import Backends
import Layers
import Tensors

/// Photo-realistic super-resolution (Ledig et al., 2017): images `[N, height, width, 3]` to four times their
/// extents, all in [−1, 1].
///
/// By default nearest upsampling and ReLU, as in the tutorials; the paper's pixel shuffling and parametric
/// ReLU by configuration. The discriminator judges every 16×16 patch of a large image for itself.
public final class SRGAN: Module, GenerativeModel {
  /// The size of the small images, and how the generator is built.
  public struct Configuration: ModelConfiguration {
    /// How the generator doubles the extents, which it does twice.
    public enum Upsampler: String, Codable, CaseIterable, Sendable {
      /// Nearest upsampling, then a convolution to 256 channels.
      case nearest
      /// A convolution to 256 channels, then four of them become four pixels (Shi et al., 2016).
      case pixelShuffle
    }

    /// The activation between the generator's convolutions.
    public enum Rectifier: String, Codable, CaseIterable, Sendable {
      /// `max(x, 0)`.
      case relu
      /// `x` where it is positive, elsewhere `x` times a slope that is learnt, one a channel (He et al., 2015).
      case prelu
    }

    /// `[height, width]` of the small images, multiples of 4; large ones are four times that.
    public var imageSize = [64, 64]
    /// Residual blocks in the generator's body, 1 to 1024; 16 in the paper.
    public var residualBlocks = 16
    /// Nearest upsampling by default; the paper shuffles pixels.
    public var upsampler = Upsampler.nearest
    /// ReLU by default; that of the paper is parametric.
    public var rectifier = Rectifier.relu

    public init() {}

    public func validate() throws(ConfigurationError) {
      guard imageSize.count == 2, imageSize.allSatisfy({ $0 > 0 && $0 <= 1 << 14 && $0.isMultiple(of: 4) }) else {
        throw ConfigurationError("imageSize", "\(imageSize) is not [height, width] in multiples of 4 up to 16384")
      }
      try requireSize(residualBlocks, "residualBlocks", atMost: 1024)
    }
  }

  /// Small images to large ones.
  public final class Generator: Module {
    /// A convolution with kernel 9: images `[N, height, width, 3]` to features `[N, height, width, 64]`.
    public let head: Sequential
    /// The residual blocks, a convolution and a normalization: `[N, height, width, 64]` stays that. What it gives is
    /// added to what it was given.
    public let body: Sequential
    /// Features `[N, height, width, 64]` to images `[N, 4 · height, 4 · width, 3]` in [−1, 1].
    public let tail: Sequential

    init(_ configuration: Configuration, in context: LayerContext) {
      func rectified(_ input: Int, _ output: Int, kernelSize: Int = 3) -> [Layer] {
        let usesReLU = configuration.rectifier == .relu
        let convolution = Conv2D(
          inputChannels: input, outputChannels: output, kernelSize: kernelSize, padding: .same,
          activation: usesReLU ? .relu : .identity, in: context)
        return usesReLU ? [convolution] : [convolution, PReLU(channels: output, in: context)]
      }
      func normalization() -> BatchNorm { BatchNorm(channels: 64, momentum: 0.8, in: context) }
      func convolution() -> Conv2D { Conv2D(inputChannels: 64, outputChannels: 64, kernelSize: 3, padding: .same, in: context) }

      head = Sequential(rectified(3, 64, kernelSize: 9))
      let blocks = (0..<configuration.residualBlocks).map { _ in
        Residual(rectified(64, 64) + [normalization(), convolution(), normalization()])
      }
      body = Sequential(blocks + [convolution(), normalization()])
      var layers = [Layer]()
      switch configuration.upsampler {
      case .nearest:
        layers = [UpSampling()] + rectified(64, 256) + [UpSampling()] + rectified(256, 256)
        layers.append(Conv2D(inputChannels: 256, outputChannels: 3, kernelSize: 9, padding: .same, activation: .tanh, in: context))
      case .pixelShuffle:
        for _ in 0..<2 {
          layers += [Conv2D(inputChannels: 64, outputChannels: 256, kernelSize: 3, padding: .same, in: context), PixelShuffle()]
          layers.append(
            configuration.rectifier == .relu ? ActivationLayer(.relu) : PReLU(channels: 64, in: context))
        }
        layers.append(Conv2D(inputChannels: 64, outputChannels: 3, kernelSize: 9, padding: .same, activation: .tanh, in: context))
      }
      tail = Sequential(layers)
    }

    /// Images `[N, height, width, 3]` to images `[N, 4 · height, 4 · width, 3]`, both in [−1, 1].
    public func callAsFunction(_ images: Tensor) -> Tensor {
      let features = head(images)
      return tail(features + body(features))
    }
  }

  public static let identifier = "srgan"
  public static let title = "Super-resolution GAN"
  public static let batchSize = 1

  public let configuration: Configuration
  public let device: Device
  public let random: RandomGenerator

  /// Small images `[N, height, width, 3]` to large ones `[N, 4 · height, 4 · width, 3]`.
  public let generator: Generator
  /// Large images to logits `[N, height / 16, width / 16, 1]`.
  public let discriminator: Sequential

  public init(_ configuration: Configuration = .init(), on device: Device, seed: UInt64) {
    configuration.requireValid(for: Self.self)
    self.configuration = configuration
    self.device = device
    random = RandomGenerator(seed: seed)
    let context = LayerContext(device: device, generator: random)
    generator = Generator(configuration, in: context)

    let leakyReLU = Activation.leakyReLU(slope: 0.2)
    func convolution(_ input: Int, _ output: Int, kernelSize: Int, stride: Int = 1, _ activation: Activation) -> Layer {
      Conv2D(
        inputChannels: input, outputChannels: output, kernelSize: kernelSize, stride: stride, padding: .same,
        activation: activation, in: context)
    }
    var layers = [convolution(3, 64, kernelSize: 3, leakyReLU)], channels = 64
    for (filters, stride) in [(64, 2), (128, 1), (128, 2), (256, 1), (256, 2), (512, 1), (512, 2)] {
      layers += [
        convolution(channels, filters, kernelSize: 3, stride: stride, leakyReLU),
        BatchNorm(channels: filters, momentum: 0.8, in: context),
      ]
      channels = filters
    }
    // Dense layers at each position are convolutions of one tap.
    layers += [convolution(512, 1024, kernelSize: 1, leakyReLU), convolution(1024, 1, kernelSize: 1, .identity)]
    discriminator = Sequential(layers)
  }

  /// One step of the generator down the mean squared error of its pixels: the content loss without a
  /// feature network, as in training for SRResNet.
  public func contentStep(small: Tensor, large: Tensor, _ context: StepContext) -> Measurements {
    let loss = Loss.meanSquaredError(generator(small), large)
    context.minimize(loss, "generator")
    return Measurements(["content": loss])
  }

  /// One step of both networks: the discriminator on large and generated images, then the generator on the
  /// squared error of its pixels plus `adversarialWeight` times the cross-entropy of being taken for real.
  public func adversarialStep(
    small: Tensor, large: Tensor, adversarialWeight: Float = 1e-3, _ context: StepContext
  ) -> Measurements {
    let generated = generator(small)
    let ofReal = discriminator(large), ofGenerated = discriminator(generated.detached())
    let ones = Tensor.ones(ofReal.shape, on: device), zeros = Tensor.zeros(ofReal.shape, on: device)
    let discriminatorLoss =
      0.5 * (Loss.binaryCrossEntropy(logits: ofReal, ones) + Loss.binaryCrossEntropy(logits: ofGenerated, zeros))
    context.minimize(discriminatorLoss, "discriminator")

    let content = Loss.meanSquaredError(generated, large)
    let adversarial = Loss.binaryCrossEntropy(logits: discriminator(generated), ones)
    let generatorLoss = content + adversarialWeight * adversarial
    context.minimize(generatorLoss, "generator")
    return Measurements([
      "discriminator": discriminatorLoss, "generator": generatorLoss, "content": content, "adversarial": adversarial,
    ])
  }

  /// New learners `discriminator` and `generator`: Adam with a learning rate of 2e-4 and a beta1 of 0.5 each.
  public func learners() -> [Learner] {
    [
      Learner("discriminator", Adam(learningRate: 2e-4, beta1: 0.5), discriminator, of: self),
      Learner("generator", Adam(learningRate: 2e-4, beta1: 0.5), generator, of: self),
    ]
  }

  public var parts: [ModelPart] {
    let small = configuration.imageSize + [3], large = configuration.imageSize.map { 4 * $0 } + [3]
    return [
      ModelPart("whole", inputShape: small) { self.discriminator(self.generator($0)) },
      ModelPart("generator", inputShape: small) { self.generator($0) },
      ModelPart("discriminator", inputShape: large) { self.discriminator($0) },
    ]
  }
}
