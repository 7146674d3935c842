import Backends
import Datasets
import Layers
import Pictures
import Tensors
import Volumes

/// The 3D-GAN (Wu et al., 2016): volumes `[N, side, side, side, 1]` of occupancies in [0, 1], 64 voxels on a side by default.
///
/// Two mirrored stacks of convolutions with kernel 4. The original also normalizes the generator's output before the
/// sigmoid and the discriminator's single number, which makes the latter constant for a batch of one and all but constant
/// for others: nothing but a cube is learnt. These two are left out, except in the preset `original`.
public final class VoxelGAN: Module, AdversarialModel, LatentVariableModel {
  /// The latents, the channels of both networks, which also give the size of the volumes, and the techniques.
  public struct Configuration: AdversarialConfiguration {
    /// How many numbers a latent has; 200 in the paper.
    public var latentSize = 200
    /// The standard deviation of the latents in training.
    public var latentDeviation: Float = 0.33
    /// The standard deviation of the latents that samples are drawn from. Other than in training it shows what was never
    /// learnt, as the original does.
    public var samplingDeviation: Float = 0.33
    /// Channels of the generator, from its smallest volume to its largest but one; the discriminator mirrors them. One
    /// to five: `n` of them make volumes of 4 · 2ⁿ voxels on a side.
    public var filters = [512, 256, 128, 64]
    /// Of all the generator's layers but the last.
    public var normalization = NetworkNormalization.batch
    /// Of all the discriminator's layers but the last.
    public var discriminatorNormalization = NetworkNormalization.batch
    /// Whether the last layers of both networks are batch-normalized, as in the original: the defect that keeps it from
    /// learning.
    public var normalizesOutputs = false
    public var optimizer = AdversarialOptimizer.published
    /// The beta1 of the discriminator's published optimizer.
    public var discriminatorBeta1: Float = 0.5
    /// Samples in a step if nobody says otherwise.
    public var batchSize = 32
    public var objective: AdversarialObjective

    /// The discriminator rests while it was right about more than 80 % of the last batch, as in the paper.
    public init() {
      objective = AdversarialObjective()
      objective.accuracyGate = 0.8
    }

    /// As in the paper: batches of 100.
    public static var paper: Configuration {
      var configuration = Configuration()
      configuration.batchSize = 100
      return configuration
    }

    /// As in the tutorial's code, with its defects.
    public static var original: Configuration {
      var configuration = Configuration()
      configuration.samplingDeviation = 1
      configuration.normalizesOutputs = true
      configuration.discriminatorBeta1 = 0.9
      configuration.objective.accuracyGate = 1
      return configuration
    }

    /// For processors: 32³ voxels, a quarter of the filters, Adam with a learning rate of 2e-4 for both networks. Shapes are of the
    /// generator's moving average: from one step to the next they change much.
    public static var small: Configuration {
      var configuration = Configuration()
      configuration.filters = [128, 64, 32]
      configuration.optimizer = .adam
      configuration.objective.movingAverage = 0.99
      return configuration
    }

    public func validate() throws(ConfigurationError) {
      try requireSize(latentSize, "latentSize")
      for (field, deviation) in [("latentDeviation", latentDeviation), ("samplingDeviation", samplingDeviation)] {
        guard deviation.isFinite, deviation > 0 else {
          throw ConfigurationError(field, "\(deviation) is not a finite number > 0")
        }
      }
      guard !filters.isEmpty, filters.count <= 5 else {
        throw ConfigurationError("filters", "\(filters.count) are given, not one to five")
      }
      try requireSizes(filters, "filters")
      guard discriminatorBeta1 >= 0, discriminatorBeta1 < 1 else {
        throw ConfigurationError("discriminatorBeta1", "\(discriminatorBeta1) is not in [0, 1)")
      }
      try requireSize(batchSize, "batchSize")
      try objective.validate(discriminatorHasBatchNorm: discriminatorNormalization == .batch || normalizesOutputs)
    }

    /// Each layer doubles the extents.
    var side: Int { 4 << filters.count }
  }

  public static let identifier = "gan3d"
  public static let title = "3D-GAN"
  public static let batchSize = 32
  public static let usualData = "furniture:chairs"
  /// `published`, the defaults; `paper`; `original`; and `small`.
  public static var presets: [(name: String, configuration: Configuration)] {
    [("published", .init()), ("paper", .paper), ("original", .original), ("small", .small)]
  }

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
    let normalizes = configuration.normalizesOutputs
    layers.append(
      Conv3DTranspose(
        inputChannels: filters.last!, outputChannels: 1, kernelSize: 4, stride: 2, padding: .same,
        activation: normalizes ? .identity : .sigmoid, in: context))
    return Sequential(layers + (normalizes ? [BatchNorm(channels: 1, activation: .sigmoid, in: context)] : []))
  }

  private static func discriminator(_ configuration: Configuration, in context: LayerContext) -> Sequential {
    var layers = [Layer](), channels = 1
    for next in configuration.filters.reversed() {
      layers.append(Conv3D(inputChannels: channels, outputChannels: next, kernelSize: 4, stride: 2, padding: .same, in: context))
      layers += configuration.discriminatorNormalization.layers(
        channels: next, activation: .leakyReLU(slope: 0.2), in: context)
      channels = next
    }
    let objective = configuration.objective
    if objective.minibatchDiscrimination > 0 {
      return Sequential(layers + [Flatten()] + objective.verdict(features: 4 * 4 * 4 * channels, in: context))
    }
    layers.append(Conv3D(inputChannels: channels, outputChannels: 1, kernelSize: 4, in: context))
    return Sequential(layers + (configuration.normalizesOutputs ? [BatchNorm(channels: 1, in: context)] : []))
  }

  public var latentShape: [Int] { [1, 1, 1, configuration.latentSize] }
  public var sampleShape: [Int] { Array(repeating: configuration.side, count: 3) + [1] }
  public var sampleRange: ClosedRange<Float> { 0...1 }
  public var latentDeviation: Float { configuration.latentDeviation }
  public var output: Field { Field("volume", shape: sampleShape, range: sampleRange) }

  /// Of the deviation that samples are drawn with.
  public func drawLatents(_ count: Int, using generator: RandomGenerator) -> Tensor {
    .randomNormal(
      Shape([count] + latentShape), deviation: configuration.samplingDeviation, using: generator, on: device)
  }

  /// Pictures of volumes, three or more pixels a voxel.
  public var pictureShape: [Int] { [Self.pictureSize(configuration.side), Self.pictureSize(configuration.side), 3] }

  private static func pictureSize(_ side: Int) -> Int { max(96, min(256, 2 * side)) }

  public func pictures(of samples: HostArray) -> [Float] {
    volumes(of: samples).flatMap { Picture($0, size: pictureShape[0]).pixels.map { Float($0) / 255 } }
  }

  /// Samples `[N] + sampleShape` as volumes.
  public func volumes(of samples: HostArray) -> [Volume] {
    let side = configuration.side, size = side * side * side
    return (0..<samples.values.count / size).map { sample in
      Volume(depth: side, height: side, width: side, values: Array(samples.values[sample * size..<(sample + 1) * size]))
    }
  }

  /// Twenty-five at a glance: volumes need room.
  public func overview(_ noise: FixedNoise, scale: Int?) throws -> Picture {
    try grid(of: drawLatents(25, using: noise.generator), columns: 5, scale: scale, batchSize: noise.batchSize)
  }

  // MARK: Recipe

  /// As published Adam with learning rates of 1e-5 for the discriminator and 2.5e-3 for the generator, and a beta1 of 0.5.
  public func learners() -> [Learner] {
    let beta1 = configuration.discriminatorBeta1
    return learners(
      discriminator: configuration.optimizer.make { Adam(learningRate: 1e-5, beta1: beta1) },
      generator: configuration.optimizer.make { Adam(learningRate: 2.5e-3, beta1: 0.5) })
  }

  /// 1,000 epochs, with samples every ten.
  public func stages() -> [Stage] {
    [
      Stage(
        length: .epochs(1_000), batchSize: configuration.batchSize,
        batchesPerStep: configuration.objective.discriminatorSteps, learners: learners(), sampleEvery: .epochs(10),
        checkpointEvery: .minutes(10))
    ]
  }
}
