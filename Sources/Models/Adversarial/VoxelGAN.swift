import Backends
import Layers
import Tensors

/// The 3D-GAN (Wu et al., 2016): volumes `[N, 64, 64, 64, 1]` of occupancies in [0, 1].
///
/// Two mirrored stacks of five convolutions with kernel 4. The original also normalizes the generator's
/// output before the sigmoid and the discriminator's single number, which makes the latter constant for a
/// batch of one; these two are left out.
public final class VoxelGAN: Module, AdversarialModel {
  public struct Configuration: ModelConfiguration {
    public var latentSize = 200
    /// The standard deviation of the latents, in training and sampling alike.
    public var latentDeviation: Float = 0.33
    /// Of the generator, from its smallest volume to its largest but one; the discriminator mirrors them.
    public var filters = [512, 256, 128, 64]

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

  public let generator: Sequential
  public let discriminator: Sequential

  public init(_ configuration: Configuration = .init(), on device: Device, seed: UInt64) {
    configuration.requireValid(for: Self.self)
    self.configuration = configuration
    self.device = device
    random = RandomGenerator(seed: seed)
    let context = LayerContext(device: device, generator: random)
    let filters = configuration.filters

    var layers: [Layer] = [
      Conv3DTranspose(inputChannels: configuration.latentSize, outputChannels: filters[0], kernelSize: 4, in: context),
      BatchNorm(channels: filters[0], activation: .relu, in: context),
    ]
    for (channels, next) in zip(filters, filters.dropFirst()) {
      layers += [
        Conv3DTranspose(inputChannels: channels, outputChannels: next, kernelSize: 4, stride: 2, padding: .same, in: context),
        BatchNorm(channels: next, activation: .relu, in: context),
      ]
    }
    layers.append(
      Conv3DTranspose(
        inputChannels: filters.last!, outputChannels: 1, kernelSize: 4, stride: 2, padding: .same, activation: .sigmoid, in: context
      ))
    generator = Sequential(layers)

    layers = []
    var channels = 1
    for next in filters.reversed() {
      layers += [
        Conv3D(inputChannels: channels, outputChannels: next, kernelSize: 4, stride: 2, padding: .same, in: context),
        BatchNorm(channels: next, activation: .leakyReLU(slope: 0.2), in: context),
      ]
      channels = next
    }
    discriminator = Sequential(layers + [Conv3D(inputChannels: channels, outputChannels: 1, kernelSize: 4, in: context)])
  }

  public var latentShape: [Int] { [1, 1, 1, configuration.latentSize] }
  public var sampleShape: [Int] { Array(repeating: configuration.side, count: 3) + [1] }
  public var sampleRange: ClosedRange<Float> { 0...1 }
  public var latentDeviation: Float { configuration.latentDeviation }

  public func generate(_ latents: Tensor, labels: Tensor? = nil) -> Tensor { generator(latents) }
  public func discriminate(_ samples: Tensor, labels: Tensor? = nil) -> Tensor { discriminator(samples) }

  /// The published rates.
  public func learners() -> [Learner] {
    [
      Learner("discriminator", Adam(learningRate: 1e-5, beta1: 0.5), discriminator, of: self),
      Learner("generator", Adam(learningRate: 2.5e-3, beta1: 0.5), generator, of: self),
    ]
  }
}
