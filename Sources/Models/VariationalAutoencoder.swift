import Backends
import Datasets
import Layers
import Pictures
import Tensors

/// The convolutional variational autoencoder of Kingma and Welling (2014) in its best-known tutorial form:
/// images `[N, height, width, C]` in [0, 1], extents even, to `latentSize` numbers and back.
///
/// Deviation from that tutorial: it samples `mean + exp(logVariance) · ε`, which takes for a log-deviation
/// what its divergence term takes for a log-variance. The default here is `exp(½ logVariance)`;
/// `sampler: .original` restores the tutorial's.
public final class VariationalAutoencoder: Module, LossModel {
  /// The size of the images and of the latents, and how the loss is made.
  public struct Configuration: ModelConfiguration {
    /// How latents are drawn, with standard normal `ε`.
    public enum Sampler: String, Codable, CaseIterable, Sendable {
      /// `mean + exp(½ logVariance) · ε`.
      case corrected
      /// `mean + exp(logVariance) · ε`.
      case original
    }

    /// `[height, width, channels]`; height and width are even.
    public var imageShape = [28, 28, 1]
    /// How many numbers a latent has.
    public var latentSize = 2
    /// Factor of `mean(mean² + e^logVariance − logVariance − 1)` in the loss.
    public var klWeight: Float = 5e-4
    /// `.original` for the tutorial's numbers.
    public var sampler = Sampler.corrected

    public init() {}

    /// The published values, but for the sampler and for what is given.
    public init(
      imageShape: [Int] = [28, 28, 1], latentSize: Int = 2, klWeight: Float = 5e-4,
      sampler: Sampler = .corrected
    ) {
      (self.imageShape, self.latentSize) = (imageShape, latentSize)
      (self.klWeight, self.sampler) = (klWeight, sampler)
    }

    public func validate() throws(ConfigurationError) {
      try requireImage(imageShape, "imageShape")
      guard imageShape[0] % 2 == 0, imageShape[1] % 2 == 0 else {
        throw ConfigurationError("imageShape", "\(imageShape) is not [height, width, channels] with even extents")
      }
      try requireSize(latentSize, "latentSize")
      guard klWeight.isFinite, klWeight >= 0 else {
        throw ConfigurationError("klWeight", "\(klWeight) is not a finite number ≥ 0")
      }
    }
  }

  public static let identifier = "vae"
  public static let title = "Variational autoencoder"
  public static let batchSize = 16

  public let configuration: Configuration
  public let device: Device
  public let random: RandomGenerator

  /// Images `[N] + imageShape` to the means and log-variances of their latents.
  public let encoder: Encoder
  /// Means, log-variances and noise to latents.
  public let sampling: Sampling
  /// Latents `[N, latentSize]` to logits of images, `[N] + imageShape`; `decode` gives the images.
  public let decoder: Sequential

  /// Images to the parameters of a normal distribution over latents.
  public final class Encoder: Module {
    /// Four convolutions and a dense layer: images `[N] + imageShape` to features `[N, 32]`.
    public let trunk: Sequential
    /// Features `[N, 32]` to means `[N, latentSize]`.
    public let mean: Dense
    /// Features `[N, 32]` to the logarithms of the variances, `[N, latentSize]`.
    public let logVariance: Dense

    init(_ configuration: Configuration, features: Int, in context: LayerContext) {
      let channels = configuration.imageShape[2]
      trunk = Sequential(
        Conv2D(inputChannels: channels, outputChannels: 32, kernelSize: 3, padding: .same, activation: .relu, in: context),
        Conv2D(inputChannels: 32, outputChannels: 64, kernelSize: 3, stride: 2, padding: .same, activation: .relu, in: context),
        Conv2D(inputChannels: 64, outputChannels: 64, kernelSize: 3, padding: .same, activation: .relu, in: context),
        Conv2D(inputChannels: 64, outputChannels: 64, kernelSize: 3, padding: .same, activation: .relu, in: context),
        Flatten(),
        Dense(inputSize: features, units: 32, activation: .relu, in: context))
      mean = Dense(inputSize: 32, units: configuration.latentSize, in: context)
      logVariance = Dense(inputSize: 32, units: configuration.latentSize, in: context)
    }

    /// Images `[N] + imageShape` to the mean and log-variance of each of their latents, `[N, latentSize]` both.
    public func callAsFunction(_ images: Tensor) -> (mean: Tensor, logVariance: Tensor) {
      let features = trunk(images)
      return (mean(features), logVariance(features))
    }
  }

  /// Draws latents from the distributions of an encoder.
  public final class Sampling: Module {
    private let logVarianceScale: Float

    init(_ sampler: Configuration.Sampler) { logVarianceScale = sampler == .original ? 1 : 0.5 }

    /// `mean + deviation · noise`, all `[N, latentSize]`.
    public func callAsFunction(mean: Tensor, logVariance: Tensor, noise: Tensor) -> Tensor {
      let logDeviation = logVarianceScale == 1 ? logVariance : logVarianceScale * logVariance
      return traced(mean + logDeviation.exp() * noise, of: mean, logVariance)
    }
  }

  public init(_ configuration: Configuration = .init(), on device: Device, seed: UInt64) {
    configuration.requireValid(for: Self.self)
    self.configuration = configuration
    self.device = device
    random = RandomGenerator(seed: seed)
    let context = LayerContext(device: device, generator: random)
    let (height, width) = (configuration.imageShape[0] / 2, configuration.imageShape[1] / 2)
    let features = height * width * 64
    encoder = Encoder(configuration, features: features, in: context)
    sampling = Sampling(configuration.sampler)
    decoder = Sequential(
      Dense(inputSize: configuration.latentSize, units: features, activation: .relu, in: context),
      Reshape([height, width, 64]),
      Conv2DTranspose(
        inputChannels: 64, outputChannels: 32, kernelSize: 3, stride: 2, padding: .same, activation: .relu, in: context),
      // No sigmoid: the loss is computed from logits, and `decode` applies it where pixels are wanted.
      Conv2D(inputChannels: 32, outputChannels: configuration.imageShape[2], kernelSize: 3, padding: .same, in: context))
  }

  /// Latents `[N, latentSize]` to images in [0, 1].
  public func decode(_ latents: Tensor) -> Tensor { decoder(latents).sigmoid() }

  /// Images through the mean of their latent distribution and back.
  public func reconstruct(_ images: Tensor) -> Tensor { decode(encode(images)) }

  public func losses(_ batch: Batch, using generator: RandomGenerator) -> (loss: Tensor, parts: Measurements) {
    let noise = Tensor.randomNormal([batch.count, configuration.latentSize], using: generator, on: device)
    return losses(batch["image"], noise: noise)
  }

  /// The losses with given unit-normal noise, `[N, latentSize]`: `loss = reconstruction + kl`.
  public func losses(_ images: Tensor, noise: Tensor) -> (loss: Tensor, parts: Measurements) {
    let (mean, logVariance) = encoder(images)
    let logits = decoder(sampling(mean: mean, logVariance: logVariance, noise: noise))
    let reconstruction = Loss.binaryCrossEntropy(logits: logits, images)
    let kl = Loss.meanDivergenceFromUnitNormal(
      mean: mean, logVariance: logVariance, weight: 2 * configuration.klWeight)
    let loss = reconstruction + kl
    return (loss, Measurements(["loss": loss, "reconstruction": reconstruction, "kl": kl]))
  }

  /// RMSprop with a learning rate of 1e-3.
  public func optimizer() -> Optimizer { RMSProp(learningRate: 1e-3) }

  public func runAsTrained(_ images: Tensor) {
    let (mean, logVariance) = encoder(images)
    _ = decoder(sampling(mean: mean, logVariance: logVariance, noise: .zeros(mean.shape, on: device)))
  }

  public var parts: [ModelPart] {
    [
      ModelPart("whole", inputShape: imageShape, range: 0...1) { self.reconstruct($0) },
      ModelPart("encoder", inputShape: imageShape, range: 0...1) { self.encode($0) },
      ModelPart("encoder-log-variance", inputShape: imageShape, range: 0...1) { self.encoder($0).logVariance },
      ModelPart("decoder", inputShape: [configuration.latentSize]) { self.decode($0) },
    ]
  }
}
