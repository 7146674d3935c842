import Backends
import Layers
import Tensors

/// A deep convolutional GAN for images `[N, height, width, C]` in [−1, 1], 64×64×3 by default.
///
/// The generator upsamples and convolves three times (kernel 5), the discriminator convolves and pools three
/// times. One printed variant of the generator has tanh everywhere, another leaky ReLU at the end; this one
/// has leaky ReLU 0.2 between its layers and tanh at the end, which images in [−1, 1] need.
///
/// The original labels real images in [0.8, 1] and generated ones in [0, 0.2]; labels above 0 for what it makes reward the
/// generator for staying where it is (Salimans et al., 2016). The default here is 0; and as by the original the discriminator
/// wins for good within some hundred steps on sprites, the generator is normalized throughout (Radford et al., 2016), both learn
/// by Adam, and R1 keeps the discriminator's slope. The preset `published` is the original.
public final class DCGAN: Module, AdversarialModel, LatentVariableModel {
  /// The size of the images and of the latents, of both networks, and the techniques they are trained with.
  public struct Configuration: AdversarialConfiguration {
    /// `[height, width, channels]`; height and width are multiples of 8, 24 or more.
    public var imageShape = [64, 64, 3]
    /// How many numbers a latent has.
    public var latentSize = 100
    /// Units of the generator's first layer.
    public var generatorUnits = 2048
    /// Channels of the generator's three smaller feature maps, an eighth, a quarter and a half of the image.
    public var generatorFilters = [256, 128, 64]
    /// Channels of the discriminator's three convolutions.
    public var discriminatorFilters = [128, 256, 512]
    /// Units of the discriminator's last but one layer.
    public var discriminatorUnits = 1024
    /// Of the generator's smallest feature map.
    public var normalization = NetworkNormalization.batch
    /// Whether the larger ones, behind the generator's convolutions, are normalized alike (Radford et al., 2016).
    public var normalizesConvolutions = true
    /// Behind the discriminator's convolutions.
    public var discriminatorNormalization = NetworkNormalization.none
    public var optimizer = AdversarialOptimizer.adam
    public var objective: AdversarialObjective

    /// One-sided smoothing, by which real images are labelled in [0.8, 1]; R1 with 3; samples from a moving average.
    public init() {
      objective = Self.smoothed
      objective.r1 = 3
      objective.movingAverage = 0.99
    }

    private static var smoothed: AdversarialObjective {
      var objective = AdversarialObjective()
      objective.realLabels = [0.8, 1]
      return objective
    }

    /// The original, with labels of [0, 0.2] for generated images.
    public static var published: Configuration {
      var configuration = Configuration()
      configuration.normalizesConvolutions = false
      configuration.optimizer = .published
      configuration.objective = smoothed
      configuration.objective.generatedLabels = [0, 0.2]
      return configuration
    }

    /// For 32×32 images and processors: fewer channels, batches of 64; the original's layers, by Adam without a penalty.
    public static var small: Configuration {
      var configuration = Configuration()
      configuration.imageShape = [32, 32, 3]
      configuration.generatorUnits = 512
      configuration.generatorFilters = [128, 64, 32]
      configuration.discriminatorFilters = [64, 128, 256]
      configuration.discriminatorUnits = 512
      configuration.normalizesConvolutions = false
      configuration.objective = smoothed
      return configuration
    }

    public func validate() throws(ConfigurationError) {
      try requireImage(imageShape, "imageShape")
      guard imageShape.prefix(2).allSatisfy({ $0.isMultiple(of: 8) && $0 >= 24 }) else {
        throw ConfigurationError(
          "imageShape", "\(imageShape) is not [height, width, channels] with extents from 24 that 8 divides")
      }
      try requireSize(latentSize, "latentSize")
      try requireSize(generatorUnits, "generatorUnits")
      try requireSize(discriminatorUnits, "discriminatorUnits")
      for (field, filters) in [("generatorFilters", generatorFilters), ("discriminatorFilters", discriminatorFilters)] {
        guard filters.count == 3 else { throw ConfigurationError(field, "\(filters.count) are given, not three") }
        try requireSizes(filters, field, atMost: 1 << 16)
      }
      try objective.validate(discriminatorHasBatchNorm: discriminatorNormalization == .batch)
    }

    /// Height, width and channels that the generator's convolutions begin with.
    var seedShape: [Int] { [imageShape[0] / 8, imageShape[1] / 8, generatorFilters[0]] }

    /// Features of an image behind the discriminator's last pooling.
    var discriminatorFeatures: Int {
      imageShape.prefix(2).map { (($0 / 2 - 2) / 2 - 2) / 2 }.reduce(discriminatorFilters[2], *)
    }
  }

  public static let identifier = "dcgan"
  public static let title = "Deep convolutional GAN"
  public static let batchSize = 128
  public static let usualData = "sprites"
  /// `smoothed`, the defaults; `published`; and `small`.
  public static var presets: [(name: String, configuration: Configuration)] {
    [("smoothed", .init()), ("published", .published), ("small", .small)]
  }

  public let configuration: Configuration
  public let device: Device
  public let random: RandomGenerator

  /// Latents `[N, latentSize]` to images `[N] + imageShape` in [−1, 1].
  public let generator: Sequential
  /// Images `[N] + imageShape` to logits `[N, 1]` of being real.
  public let discriminator: Sequential
  public let memory: AdversarialMemory<Sequential>

  public init(_ configuration: Configuration = .init(), on device: Device, seed: UInt64) {
    configuration.requireValid(for: Self.self)
    self.configuration = configuration
    self.device = device
    random = RandomGenerator(seed: seed)
    let context = LayerContext(device: device, generator: random)
    generator = Self.generator(configuration, in: context)
    discriminator = Self.discriminator(configuration, in: configuration.objective.ofDiscriminator(context))
    memory = AdversarialMemory(configuration.objective, generator: generator, discriminator: discriminator) {
      Self.generator(configuration, in: $0)
    }
  }

  private static let leakyReLU = Activation.leakyReLU(slope: 0.2)

  private static func generator(_ configuration: Configuration, in context: LayerContext) -> Sequential {
    let seedShape = configuration.seedShape, units = configuration.generatorUnits
    let filters = configuration.generatorFilters + [configuration.imageShape[2]]
    var layers: [Layer] = [
      Dense(inputSize: configuration.latentSize, units: units, activation: leakyReLU, in: context),
      Dense(inputSize: units, units: seedShape.reduce(1, *), in: context),
    ]
    layers += configuration.normalization.reshaping(to: seedShape, activation: leakyReLU, in: context)
    for (place, (input, output)) in zip(filters, filters.dropFirst()).enumerated() {
      let isLast = place == filters.count - 2
      let normalization = isLast || !configuration.normalizesConvolutions ? .none : configuration.normalization
      layers.append(UpSampling())
      layers += normalization.convolution(
        input, output, kernelSize: 5, momentum: 0.8, activation: isLast ? .tanh : leakyReLU, in: context)
    }
    return Sequential(layers)
  }

  private static func discriminator(_ configuration: Configuration, in context: LayerContext) -> Sequential {
    var layers = [Layer](), channels = configuration.imageShape[2]
    for (place, filters) in configuration.discriminatorFilters.enumerated() {
      layers += configuration.discriminatorNormalization.convolution(
        channels, filters, kernelSize: place == 0 ? 5 : 3, padding: place == 0 ? .same : .valid, activation: leakyReLU, in: context)
      layers.append(MaxPool())
      channels = filters
    }
    let features = configuration.discriminatorFeatures, units = configuration.discriminatorUnits
    layers += [Flatten(), Dense(inputSize: features, units: units, activation: leakyReLU, in: context)]
    return Sequential(layers + configuration.objective.verdict(features: units, in: context))
  }

  public var latentShape: [Int] { [configuration.latentSize] }
  public var sampleShape: [Int] { configuration.imageShape }

  // MARK: Recipe

  /// One for each network; published is stochastic gradient descent with a learning rate of 5e-4 and Nesterov's momentum of 0.9.
  public func learners() -> [Learner] {
    learners { configuration.optimizer.make { SGD(learningRate: 5e-4, momentum: 0.9, nesterov: true) } }
  }

  /// 10,000 epochs, as published, with samples every ten; batches of 128, of 64 for images of 32×32 and below.
  public func stages() -> [Stage] {
    [
      Stage(
        length: .epochs(10_000), batchSize: configuration.imageShape[0] <= 32 ? 64 : Self.batchSize,
        batchesPerStep: configuration.objective.discriminatorSteps, learners: learners(), sampleEvery: .epochs(10),
        checkpointEvery: .minutes(10))
    ]
  }
}
