import Backends
import Datasets
import Layers
import Pictures
import Tensors

/// A generative adversarial network of dense layers, for small images `[N, height, width, C]` in [−1, 1].
///
/// Generator blocks: dense, leaky ReLU 0.2, batch normalization with momentum 0.8; discriminator blocks:
/// dense, leaky ReLU 0.2. The original ends in a sigmoid, here part of the loss.
public final class DenseGAN: Module, AdversarialModel, LatentVariableModel {
  /// The size of the images and of the latents, the hidden layers of both networks, and the techniques they are trained with.
  public struct Configuration: AdversarialConfiguration {
    /// `[height, width, channels]`.
    public var imageShape = [28, 28, 1]
    /// How many numbers a latent has.
    public var latentSize = 100
    /// Units of the generator's hidden layers, in order; a dense layer with tanh behind them makes the pixels.
    public var generatorUnits = [256, 512, 1024]
    /// Units of the discriminator's hidden layers, in order; a dense layer behind them makes the logit.
    public var discriminatorUnits = [512, 256]
    /// Behind the generator's hidden layers. Dense layers have no space for instance normalization.
    public var normalization = NetworkNormalization.batch
    /// Behind the discriminator's hidden layers.
    public var discriminatorNormalization = NetworkNormalization.none
    public var optimizer = AdversarialOptimizer.published
    public var objective = AdversarialObjective()

    public init() {}

    /// The plain network: 100 → 500 → 500 → 784 and 784 → 500 → 500 → 1, without batch normalization.
    public static var vanilla: Configuration {
      var configuration = Configuration()
      configuration.generatorUnits = [500, 500]
      configuration.discriminatorUnits = [500, 500]
      configuration.normalization = .none
      return configuration
    }

    public func validate() throws(ConfigurationError) {
      try requireImage(imageShape, "imageShape")
      try requireSize(latentSize, "latentSize")
      try requireSizes(generatorUnits, "generatorUnits")
      try requireSizes(discriminatorUnits, "discriminatorUnits")
      for (field, kind) in [("normalization", normalization), ("discriminatorNormalization", discriminatorNormalization)]
      where kind == .instance {
        throw ConfigurationError(field, "dense layers have no space that instance normalization could go over; layer can be had")
      }
      try objective.validate(discriminatorHasBatchNorm: discriminatorNormalization == .batch)
    }
  }

  public static let identifier = "gan"
  public static let title = "Generative adversarial network"
  public static let batchSize = 32
  /// `published`, the defaults, and `vanilla`.
  public static var presets: [(name: String, configuration: Configuration)] {
    [("published", .init()), ("vanilla", .vanilla)]
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
    var layers = [Layer](), size = configuration.latentSize
    for units in configuration.generatorUnits {
      layers.append(Dense(inputSize: size, units: units, activation: leakyReLU, in: context))
      layers += configuration.normalization.layers(channels: units, momentum: 0.8, in: context)
      size = units
    }
    let pixels = configuration.imageShape.reduce(1, *)
    layers.append(Dense(inputSize: size, units: pixels, activation: .tanh, in: context))
    return Sequential(layers + [Reshape(configuration.imageShape)])
  }

  private static func discriminator(_ configuration: Configuration, in context: LayerContext) -> Sequential {
    var layers: [Layer] = [Flatten()], size = configuration.imageShape.reduce(1, *)
    for units in configuration.discriminatorUnits {
      layers.append(Dense(inputSize: size, units: units, activation: leakyReLU, in: context))
      layers += configuration.discriminatorNormalization.layers(channels: units, momentum: 0.8, in: context)
      size = units
    }
    return Sequential(layers + configuration.objective.verdict(features: size, in: context))
  }

  public var latentShape: [Int] { [configuration.latentSize] }
  public var sampleShape: [Int] { configuration.imageShape }

  // MARK: Recipe

  /// As published Adam with a learning rate of 2e-4 and a beta1 of 0.5, one for each network.
  public func learners() -> [Learner] {
    learners { configuration.optimizer.make { Adam(learningRate: 2e-4, beta1: 0.5) } }
  }

  /// Counted in iterations, as published.
  public func stages() -> [Stage] {
    [
      Stage(
        length: .iterations(30_000), batchSize: Self.batchSize, batchesPerStep: configuration.objective.discriminatorSteps,
        learners: learners(), recordEvery: .steps(200), sampleEvery: .steps(200))
    ]
  }
}
