import Backends
import Layers
import Tensors

/// A generative adversarial network of dense layers, for small images `[N, height, width, C]` in [−1, 1].
///
/// Generator blocks: dense, leaky ReLU 0.2, batch normalization with momentum 0.8; discriminator blocks:
/// dense, leaky ReLU 0.2. The original ends in a sigmoid, here part of the loss.
public final class DenseGAN: Module, AdversarialModel {
  public struct Configuration: ModelConfiguration {
    /// `[height, width, channels]`.
    public var imageShape = [28, 28, 1]
    public var latentSize = 100
    public var generatorUnits = [256, 512, 1024]
    public var discriminatorUnits = [512, 256]
    public var useBatchNorm = true

    public init() {}

    /// The smaller network: 100 → 500 → 500 → 784 and 784 → 500 → 500 → 1, without batch normalization.
    public static var vanilla: Configuration {
      var configuration = Configuration()
      configuration.generatorUnits = [500, 500]
      configuration.discriminatorUnits = [500, 500]
      configuration.useBatchNorm = false
      return configuration
    }

    public func validate() throws(ConfigurationError) {
      guard imageShape.count == 3, imageShape.allSatisfy({ $0 > 0 }) else {
        throw ConfigurationError("imageShape", "\(imageShape) is not [height, width, channels]")
      }
      try requirePositive(latentSize, "latentSize")
      guard generatorUnits.allSatisfy({ $0 > 0 }) else {
        throw ConfigurationError("generatorUnits", "\(generatorUnits) are not all positive")
      }
      guard discriminatorUnits.allSatisfy({ $0 > 0 }) else {
        throw ConfigurationError("discriminatorUnits", "\(discriminatorUnits) are not all positive")
      }
    }
  }

  public static let identifier = "gan"
  public static let title = "Generative adversarial network"
  public static let defaults = TrainingDefaults(epochs: 10, batchSize: 32, learningRate: 2e-4)

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

  public func optimizers(learningRate: Float?) -> [(name: String, optimizer: Optimizer)] {
    let rate = learningRate ?? Self.defaults.learningRate
    return [
      ("discriminator", Adam(learningRate: rate, beta1: 0.5)), ("generator", Adam(learningRate: rate, beta1: 0.5)),
    ]
  }
}
