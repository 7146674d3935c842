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
  public struct Configuration: ModelConfiguration {
    /// `[height, width, channels]`.
    public var imageShape = [28, 28, 1]
    public var latentSize = 100
    public var generatorUnits = [256, 512, 1024]
    public var discriminatorUnits = [512, 256]
    public var useBatchNorm = true

    public init() {}

    /// The plain network: 100 → 500 → 500 → 784 and 784 → 500 → 500 → 1, without batch normalization.
    public static var vanilla: Configuration {
      var configuration = Configuration()
      configuration.generatorUnits = [500, 500]
      configuration.discriminatorUnits = [500, 500]
      configuration.useBatchNorm = false
      return configuration
    }

    public func validate() throws(ConfigurationError) {
      try requireImage(imageShape, "imageShape")
      try requireSize(latentSize, "latentSize")
      try requireSizes(generatorUnits, "generatorUnits")
      try requireSizes(discriminatorUnits, "discriminatorUnits")
    }
  }

  public static let identifier = "gan"
  public static let title = "Generative adversarial network"
  public static let batchSize = 32
  public static var presets: [(name: String, configuration: Configuration)] {
    [("published", .init()), ("vanilla", .vanilla)]
  }

  public let configuration: Configuration
  public let device: Device
  public let random: RandomGenerator

  public let generator: Sequential
  public let discriminator: Sequential

  public init(_ configuration: Configuration = .init(), on device: Device, seed: UInt64) {
    configuration.requireValid(for: Self.self)
    self.configuration = configuration
    self.device = device
    random = RandomGenerator(seed: seed)
    let context = LayerContext(device: device, generator: random)
    let leakyReLU = Activation.leakyReLU(slope: 0.2)
    let pixels = configuration.imageShape.reduce(1, *)

    var layers = [Layer](), size = configuration.latentSize
    for units in configuration.generatorUnits {
      layers.append(Dense(inputSize: size, units: units, activation: leakyReLU, in: context))
      if configuration.useBatchNorm { layers.append(BatchNorm(channels: units, momentum: 0.8, in: context)) }
      size = units
    }
    layers.append(Dense(inputSize: size, units: pixels, activation: .tanh, in: context))
    generator = Sequential(layers + [Reshape(configuration.imageShape)])

    (layers, size) = ([Flatten()], pixels)
    for units in configuration.discriminatorUnits {
      layers.append(Dense(inputSize: size, units: units, activation: leakyReLU, in: context))
      size = units
    }
    discriminator = Sequential(layers + [Dense(inputSize: size, units: 1, in: context)])
  }

  public var latentShape: [Int] { [configuration.latentSize] }
  public var sampleShape: [Int] { configuration.imageShape }

  public func generate(_ latents: Tensor, labels: Tensor? = nil) -> Tensor { generator(latents) }
  public func discriminate(_ samples: Tensor, labels: Tensor? = nil) -> Tensor { discriminator(samples) }

  // MARK: Recipe

  public var inputs: [Field] { [output] }
  public var output: Field { Field("image", shape: configuration.imageShape, range: sampleRange) }

  public func decode(_ latents: Tensor) -> Tensor { generator(latents) }

  public func learners() -> [Learner] { learners { Adam(learningRate: 2e-4, beta1: 0.5) } }

  /// Counted in iterations, as published.
  public func stages() -> [Stage] {
    [
      Stage(
        length: .iterations(30_000), batchSize: Self.batchSize, learners: learners(),
        recordEvery: .steps(200), sampleEvery: .steps(200))
    ]
  }

  public func step(_ batch: Batch, _ context: StepContext) -> Measurements {
    adversarialStep(batch["image"], context)
  }

  public func evaluate(_: Batch, in _: Stage, using _: RandomGenerator) -> Measurements? { nil }

  /// A 5×5 grid and the way between two latents.
  public func samples(_ noise: FixedNoise, of _: (any Dataset)?) throws -> [Sample] {
    let latents = drawLatents(25, using: noise.generator)
    return [
      Sample("samples", try grid(of: latents, columns: 5, batchSize: noise.batchSize)),
      Sample("interpolation", try interpolation(noise)),
    ]
  }
}
