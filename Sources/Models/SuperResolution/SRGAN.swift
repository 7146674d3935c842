import Backbones
import Backends
import Datasets
import Layers
import Pictures
import Tensors

/// Photo-realistic super-resolution (Ledig et al., 2017): images `[N, height, width, 3]` to two or four times their
/// extents, all in [−1, 1]. First the generator alone learns pixels (SRResNet), then both networks play.
///
/// By default nearest upsampling and ReLU, as in the tutorials; the paper's pixel shuffling and parametric
/// ReLU by configuration. The discriminator judges every 16×16 patch of a large image for itself, by cross-entropy on
/// logits; the tutorial's mixture of a squared error for it and a cross-entropy for the generator is not offered.
public final class SRGAN: Module, AdversarialModel, TrainableModel {
  /// The size of the small images, how the generator is built, and what it learns by.
  public struct Configuration: AdversarialConfiguration {
    /// How the generator doubles the extents.
    public enum Upsampler: String, Codable, CaseIterable, Sendable {
      /// Nearest upsampling, then a convolution to `upsampledChannels`. It draws no grid where its input is flat.
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

    /// How far pixels are off.
    public enum PixelLoss: String, Codable, CaseIterable, Sendable {
      /// The mean squared error, which the best PSNR has.
      case squared
      /// The mean absolute error, which is less afraid of edges.
      case absolute
    }

    /// What features are of, by which the second stage tells images apart.
    public enum ContentNetwork: String, Codable, CaseIterable, Sendable {
      /// None: pixels are compared, as in the first stage.
      case pixels
      /// ``VGG`` with 16 layers.
      case vgg16
      /// ``VGG`` with 19 layers.
      case vgg19

      var variant: VGG.Variant? {
        switch self {
        case .pixels: nil
        case .vgg16: .vgg16
        case .vgg19: .vgg19
        }
      }
    }

    /// `[height, width]` of the small images that it is trained on, multiples of 4.
    public var imageSize = [64, 64]
    /// How many times larger images become each way: 2 or 4.
    public var scale = 4
    /// Residual blocks in the generator's body, 1 to 1024; 16 in the paper.
    public var residualBlocks = 16
    /// Nearest upsampling by default; the paper shuffles pixels.
    public var upsampler = Upsampler.nearest
    /// Channels behind each convolution of an upsampled image, 1 to 1024. Shuffled pixels always have 64, for which this way takes
    /// as much arithmetic as theirs.
    public var upsampledChannels = 256
    /// ReLU by default; that of the paper is parametric.
    public var rectifier = Rectifier.relu
    /// In the generator's residual blocks.
    public var normalization = NetworkNormalization.batch
    /// Of all the discriminator's convolutions but the first and the last two.
    public var discriminatorNormalization = NetworkNormalization.batch
    /// Of the first stage, and of the second where there is no content network.
    public var pixelLoss = PixelLoss.squared
    /// What tells how alike a generated image and its original are, in the second stage. The tutorial has VGG19, whose weights
    /// no package ships.
    public var contentNetwork = ContentNetwork.vgg16
    /// The layer of that network whose features are compared.
    public var contentLayer = "block3_conv3"
    /// The file with that network's weights; of VGG16 what `make weights` gets if nil.
    public var contentWeights: String?
    /// Of the squared difference of features beside the game; the paper has 0.006.
    public var contentWeight: Float = 1
    /// Of the mean squared difference between generated images and their originals once both are reduced to the small size
    /// again, by the means of `scale` × `scale` pixels, in the second stage. It ties colours to the small image's, and leaves
    /// texture to the rest: a game shifts them where it is worth much.
    public var consistencyWeight: Float = 0
    /// The weight of being taken for real beside the content, in the second stage.
    public var adversarialWeight: Float = 1e-3
    public var optimizer = AdversarialOptimizer.published
    /// Of the published optimizer, Adam.
    public var learningRate: Float = 2e-4
    /// That of the first stage, where it is another: what pixels bear is too much for the game.
    public var pretrainingLearningRate: Float?
    /// Of the published optimizer, Adam.
    public var beta1: Float = 0.5
    /// Images in a step if nobody says otherwise.
    public var batchSize = 1
    public var objective = AdversarialObjective()

    public init() {}

    /// The paper's network and numbers: parametric ReLU, shuffled pixels, 16 crops of 96×96 a step.
    public static var paper: Configuration {
      var configuration = Configuration()
      configuration.imageSize = [24, 24]
      (configuration.upsampler, configuration.rectifier) = (.pixelShuffle, .prelu)
      (configuration.learningRate, configuration.beta1) = (1e-4, 0.9)
      configuration.contentWeight = 0.006
      configuration.batchSize = 16
      return configuration
    }

    /// For processors: the paper's with four residual blocks, larger steps in the first stage, and upsampling that draws no grid.
    /// Its features are weighted to be worth some twenty times what the game is, and colours are held.
    public static var small: Configuration {
      var configuration = Configuration.paper
      configuration.residualBlocks = 4
      (configuration.upsampler, configuration.upsampledChannels) = (.nearest, 64)
      configuration.pretrainingLearningRate = 5e-4
      (configuration.contentWeight, configuration.consistencyWeight) = (1e-3, 1)
      return configuration
    }

    public func validate() throws(ConfigurationError) {
      guard imageSize.count == 2, imageSize.allSatisfy({ $0 > 0 && $0 <= 1 << 14 && $0.isMultiple(of: 4) }) else {
        throw ConfigurationError("imageSize", "\(imageSize) is not [height, width] in multiples of 4 up to 16384")
      }
      guard scale == 2 || scale == 4 else { throw ConfigurationError("scale", "\(scale) is neither 2 nor 4") }
      try requireSize(residualBlocks, "residualBlocks", atMost: 1024)
      try requireSize(upsampledChannels, "upsampledChannels", atMost: 1024)
      try requireSize(batchSize, "batchSize")
      if let variant = contentNetwork.variant, !variant.layerNames.contains(contentLayer) {
        throw ConfigurationError(
          "contentLayer", "\(variant.rawValue) has no such layer, only \(variant.layerNames.joined(separator: ", "))")
      }
      for (field, value) in [
        ("adversarialWeight", adversarialWeight), ("contentWeight", contentWeight), ("learningRate", learningRate),
        ("pretrainingLearningRate", pretrainingLearningRate ?? learningRate),
      ] {
        guard value.isFinite, value > 0 else { throw ConfigurationError(field, "\(value) is not a finite number > 0") }
      }
      guard consistencyWeight.isFinite, consistencyWeight >= 0 else {
        throw ConfigurationError("consistencyWeight", "\(consistencyWeight) is not a finite number >= 0")
      }
      guard beta1 >= 0, beta1 < 1 else { throw ConfigurationError("beta1", "\(beta1) is not in [0, 1)") }
      guard objective.minibatchDiscrimination == 0 else {
        throw ConfigurationError(
          "objective.minibatchDiscrimination", "this discriminator judges patches, and has no features of a whole image")
      }
      guard !objective.featureMatching else {
        throw ConfigurationError(
          "objective.featureMatching", "the content loss ties every image to its own original; a batch's means add nothing")
      }
      try objective.validate(discriminatorHasBatchNorm: discriminatorNormalization == .batch)
    }

    var doublings: Int { scale == 4 ? 2 : 1 }
    var smallShape: [Int] { imageSize + [3] }
    var largeShape: [Int] { imageSize.map { scale * $0 } + [3] }
  }

  public static let identifier = "srgan"
  public static let title = "Super-resolution GAN"
  public static let batchSize = 1
  public static let usualData = "photographs"
  /// `published`, the tutorial's networks; `paper`; and `small`.
  public static var presets: [(name: String, configuration: Configuration)] {
    [("published", .init()), ("paper", .paper), ("small", .small)]
  }

  public let configuration: Configuration
  public let device: Device
  public let random: RandomGenerator

  /// Small images `[N, height, width, 3]` to large ones `[N, scale · height, scale · width, 3]`.
  public let generator: SuperResolutionGenerator
  /// Large images to logits `[N, height / 16, width / 16, 1]`.
  public let discriminator: Sequential
  public let memory: AdversarialMemory<SuperResolutionGenerator>
  /// Whose features are compared; nil until ``loadPretrainedWeights()``, and where pixels are.
  package var content: Frozen<VGG>?

  public init(_ configuration: Configuration = .init(), on device: Device, seed: UInt64) {
    configuration.requireValid(for: Self.self)
    self.configuration = configuration
    self.device = device
    random = RandomGenerator(seed: seed)
    let context = LayerContext(device: device, generator: random)
    generator = SuperResolutionGenerator(configuration, in: context)
    discriminator = Self.discriminator(configuration, in: configuration.objective.ofDiscriminator(context))
    memory = AdversarialMemory(configuration.objective, generator: generator, discriminator: discriminator) {
      SuperResolutionGenerator(configuration, in: $0)
    }
  }

  private static func discriminator(_ configuration: Configuration, in context: LayerContext) -> Sequential {
    let leakyReLU = Activation.leakyReLU(slope: 0.2)
    func convolution(_ input: Int, _ output: Int, kernelSize: Int, stride: Int = 1, _ activation: Activation) -> Layer {
      Conv2D(
        inputChannels: input, outputChannels: output, kernelSize: kernelSize, stride: stride, padding: .same,
        activation: activation, in: context)
    }
    var layers = [convolution(3, 64, kernelSize: 3, leakyReLU)], channels = 64
    for (filters, stride) in [(64, 2), (128, 1), (128, 2), (256, 1), (256, 2), (512, 1), (512, 2)] {
      layers.append(convolution(channels, filters, kernelSize: 3, stride: stride, leakyReLU))
      layers += configuration.discriminatorNormalization.layers(channels: filters, momentum: 0.8, in: context)
      channels = filters
    }
    // Dense layers at each position are convolutions of one tap.
    return Sequential(
      layers + [convolution(512, 1024, kernelSize: 1, leakyReLU), convolution(1024, 1, kernelSize: 1, .identity)])
  }

  public var noiseShape: [Int] { configuration.smallShape }
  public var sampleShape: [Int] { configuration.largeShape }

  /// Small images to large ones; labels are not heeded.
  public func generate(_ images: Tensor, labels: Tensor?, by network: SuperResolutionGenerator) -> Tensor { network(images) }
  public func judge(_ images: Tensor, labels: Tensor?) -> Judgement { Judgement(of: images, by: discriminator) }

  public var parts: [ModelPart] {
    [
      ModelPart("whole", inputShape: noiseShape) { self.discriminator(self.generator($0)) },
      ModelPart("generator", inputShape: noiseShape, range: -1...1) { self.sampler($0) },
      ModelPart("discriminator", inputShape: sampleShape, range: -1...1) { self.discriminator($0) },
    ]
  }
}
