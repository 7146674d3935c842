import Backends
import Layers
import Tensors

/// A deep convolutional GAN for images `[N, height, width, C]` in [−1, 1], 64×64×3 by default.
///
/// The generator upsamples and convolves three times (kernel 5), the discriminator convolves and pools three
/// times. One printed variant of the generator has tanh everywhere, another leaky ReLU at the end; this one
/// has leaky ReLU 0.2 between its layers and tanh at the end, which images in [−1, 1] need.
public final class DCGAN: Module, AdversarialModel {
  public struct Configuration: ModelConfiguration {
    /// `[height, width, channels]`.
    public var imageShape = [64, 64, 3]
    public var latentSize = 100

    public init() {}

    public func validate() throws(ConfigurationError) {
      try requireImage(imageShape, "imageShape")
      guard imageShape.prefix(2).allSatisfy({ $0.isMultiple(of: 8) && $0 >= 24 }) else {
        throw ConfigurationError(
          "imageShape", "\(imageShape) is not [height, width, channels] with extents from 24 that 8 divides")
      }
      try requireSize(latentSize, "latentSize")
    }

    /// Height, width and channels that the generator's convolutions begin with.
    var seedShape: [Int] { [imageShape[0] / 8, imageShape[1] / 8, 256] }

    /// Features of an image behind the discriminator's last pooling.
    var discriminatorFeatures: Int {
      imageShape.prefix(2).map { (($0 / 2 - 2) / 2 - 2) / 2 }.reduce(512, *)
    }
  }

  public static let identifier = "dcgan"
  public static let title = "Deep convolutional GAN"
  public static let batchSize = 128

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
    let seedShape = configuration.seedShape
    let features = seedShape.reduce(1, *)
    func convolution(
      _ input: Int, _ output: Int, _ kernelSize: Int, _ padding: Padding, _ activation: Activation = leakyReLU
    ) -> Layer {
      Conv2D(
        inputChannels: input, outputChannels: output, kernelSize: kernelSize, padding: padding, activation: activation, in: context)
    }

    generator = Sequential(
      Dense(inputSize: configuration.latentSize, units: 2048, activation: leakyReLU, in: context),
      Dense(inputSize: 2048, units: features, in: context),
      BatchNorm(channels: features, activation: leakyReLU, in: context),
      Reshape(seedShape),
      UpSampling(), convolution(256, 128, 5, .same),
      UpSampling(), convolution(128, 64, 5, .same),
      UpSampling(), convolution(64, configuration.imageShape[2], 5, .same, .tanh))
    discriminator = Sequential(
      convolution(configuration.imageShape[2], 128, 5, .same), MaxPool(),
      convolution(128, 256, 3, .valid), MaxPool(),
      convolution(256, 512, 3, .valid), MaxPool(),
      Flatten(),
      Dense(inputSize: configuration.discriminatorFeatures, units: 1024, activation: leakyReLU, in: context),
      Dense(inputSize: 1024, units: 1, in: context))
  }

  public var latentShape: [Int] { [configuration.latentSize] }
  public var sampleShape: [Int] { configuration.imageShape }

  public func generate(_ latents: Tensor, labels: Tensor? = nil) -> Tensor { generator(latents) }
  public func discriminate(_ samples: Tensor, labels: Tensor? = nil) -> Tensor { discriminator(samples) }

  public func learners() -> [Learner] {
    learners { SGD(learningRate: 5e-4, momentum: 0.9, nesterov: true) }
  }
}
