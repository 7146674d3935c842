import Backends
import Layers
import Tensors

/// The 3D-GAN (Wu et al., 2016): volumes `[N, 64, 64, 64, 1]` of occupancies in [0, 1].
///
/// Two mirrored stacks of five convolutions with kernel 4. The original also normalizes the generator's
/// output before the sigmoid and the discriminator's single number, which makes the latter constant for a
/// batch of one; these two are left out.
public final class VoxelGAN: Module, AdversarialModel {
  /// The size and spread of the latents, and the channels of both networks, which also give the size of the volumes.
  public struct Configuration: AdversarialConfiguration {
    /// How many numbers a latent has; 200 in the paper.
    public var latentSize = 200
    /// The standard deviation of the latents, in training and sampling alike.
    public var latentDeviation: Float = 0.33
    /// Channels of the generator, from its smallest volume to its largest but one; the discriminator mirrors them. One
    /// to five: `n` of them make volumes of 4 · 2ⁿ voxels on a side.
    public var filters = [512, 256, 128, 64]
    /// Of all the generator's layers but the last.
    public var normalization = NetworkNormalization.batch
    /// Of all the discriminator's layers but the last.
    public var discriminatorNormalization = NetworkNormalization.batch
    public var optimizer = AdversarialOptimizer.published
    public var objective = AdversarialObjective()

    public init() {}

    public func validate() throws(ConfigurationError) {
      try requireSize(latentSize, "latentSize")
      guard latentDeviation.isFinite, latentDeviation > 0 else {
        throw ConfigurationError("latentDeviation", "\(latentDeviation) is not a finite number > 0")
      }
      guard !filters.isEmpty, filters.count <= 5 else {
        throw ConfigurationError("filters", "\(filters.count) are given, not one to five")
      }
      try requireSizes(filters, "filters")
      guard objective.minibatchDiscrimination == 0 else {
        throw ConfigurationError(
          "objective.minibatchDiscrimination", "it goes behind dense features, and this discriminator ends in a convolution")
      }
      try objective.validate(discriminatorHasBatchNorm: discriminatorNormalization == .batch)
    }

    /// Each layer doubles the extents.
    var side: Int { 4 << filters.count }
  }

  public static let identifier = "gan3d"
  public static let title = "3D-GAN"
  public static let batchSize = 32

  public let configuration: Configuration
  public let device: Device
  public let random: RandomGenerator

  /// Latents `[N, 1, 1, 1, latentSize]` to volumes `[N, side, side, side, 1]` in [0, 1].
  public let generator: Sequential
  /// Volumes `[N, side, side, side, 1]` to logits `[N, 1, 1, 1, 1]` of being real.
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

  private static func generator(_ configuration: Configuration, in context: LayerContext) -> Sequential {
    let filters = configuration.filters, normalization = configuration.normalization
    var layers: [Layer] = [
      Conv3DTranspose(inputChannels: configuration.latentSize, outputChannels: filters[0], kernelSize: 4, in: context)
    ]
    layers += normalization.layers(channels: filters[0], activation: .relu, in: context)
    for (channels, next) in zip(filters, filters.dropFirst()) {
      layers.append(
        Conv3DTranspose(inputChannels: channels, outputChannels: next, kernelSize: 4, stride: 2, padding: .same, in: context))
      layers += normalization.layers(channels: next, activation: .relu, in: context)
    }
    layers.append(
      Conv3DTranspose(
        inputChannels: filters.last!, outputChannels: 1, kernelSize: 4, stride: 2, padding: .same, activation: .sigmoid, in: context
      ))
    return Sequential(layers)
  }

  private static func discriminator(_ configuration: Configuration, in context: LayerContext) -> Sequential {
    var layers = [Layer](), channels = 1
    for next in configuration.filters.reversed() {
      layers.append(Conv3D(inputChannels: channels, outputChannels: next, kernelSize: 4, stride: 2, padding: .same, in: context))
      layers += configuration.discriminatorNormalization.layers(
        channels: next, activation: .leakyReLU(slope: 0.2), in: context)
      channels = next
    }
    return Sequential(layers + [Conv3D(inputChannels: channels, outputChannels: 1, kernelSize: 4, in: context)])
  }

  public var latentShape: [Int] { [1, 1, 1, configuration.latentSize] }
  public var sampleShape: [Int] { Array(repeating: configuration.side, count: 3) + [1] }
  public var sampleRange: ClosedRange<Float> { 0...1 }
  public var latentDeviation: Float { configuration.latentDeviation }

  /// Adam with the published learning rates, 1e-5 for the discriminator and 2.5e-3 for the generator, and a beta1 of
  /// 0.5.
  public func learners() -> [Learner] {
    learners(
      discriminator: configuration.optimizer.make { Adam(learningRate: 1e-5, beta1: 0.5) },
      generator: configuration.optimizer.make { Adam(learningRate: 2.5e-3, beta1: 0.5) })
  }
}
