import Backends
import Datasets
import Layers
import Pictures
import Tensors

/// A convolutional autoencoder built from lists of filters, kernels and strides: images
/// `[N, height, width, C]` in [0, 1] to `latentSize` numbers and back.
///
/// Encoder block: convolution (`same`), leaky ReLU 0.3, then batch normalization and dropout if asked for.
/// Decoder blocks mirror them with transposed convolutions; the last ends in a sigmoid. Trained by mean
/// squared error.
public final class ConvolutionalAutoencoder: Module, LossModel {
  /// The size of the images and of the latents, and the layers of both networks: of filters, kernels and strides as
  /// many as the network has convolutions.
  public struct Configuration: ModelConfiguration {
    /// `[height, width, channels]`.
    public var imageShape = [28, 28, 1]
    /// Channels that each of the encoder's convolutions gives.
    public var encoderFilters = [32, 64, 64, 64]
    /// Extents of the encoder's filters, height and width alike.
    public var encoderKernels = [3, 3, 3, 3]
    /// What each convolution of the encoder divides the extents by, rounding up.
    public var encoderStrides = [1, 2, 2, 1]
    /// How many numbers a latent has.
    public var latentSize = 2
    /// Channels that each of the decoder's transposed convolutions gives; the last gives those of the image.
    public var decoderFilters = [64, 64, 32, 1]
    /// Extents of the decoder's filters, height and width alike.
    public var decoderKernels = [3, 3, 3, 3]
    /// What each transposed convolution multiplies the extents by; in the end they are those of the image.
    public var decoderStrides = [1, 2, 2, 1]
    /// Whether batch normalization follows every activation but the decoder's last.
    public var useBatchNorm = false
    /// Whether dropout follows every activation but the decoder's last, behind batch normalization.
    public var useDropout = false
    /// The share of values, in [0, 1), that dropout sets to 0 while training.
    public var dropoutRate: Float = 0.25

    public init() {}

    /// Height, width and channels of the last feature map.
    var featureShape: [Int] {
      let size = encoderStrides.reduce(Array(imageShape.prefix(2))) { size, stride in
        size.map { ($0 + stride - 1) / stride }
      }
      return size + [encoderFilters.last ?? 0]
    }

    public func validate() throws(ConfigurationError) {
      try requireImage(imageShape, "imageShape")
      try requireSize(latentSize, "latentSize")
      guard dropoutRate >= 0, dropoutRate < 1 else {
        throw ConfigurationError("dropoutRate", "\(dropoutRate) is not in [0, 1)")
      }
      try validate("encoder", encoderFilters, encoderKernels, encoderStrides)
      try validate("decoder", decoderFilters, decoderKernels, decoderStrides)
      // No stride is wanted that makes more of a feature map than the image.
      let stride = decoderStrides.reduce(1) { min($0 * $1, 1 << 16) }
      let size = featureShape.prefix(2).map { $0 * stride }
      guard size == Array(imageShape.prefix(2)), decoderFilters.last == imageShape[2] else {
        throw ConfigurationError(
          "decoderStrides",
          "the decoder makes images of shape \(size + [decoderFilters.last ?? 0]), not \(imageShape)")
      }
    }

    private func validate(
      _ network: String, _ filters: [Int], _ kernels: [Int], _ strides: [Int]
    ) throws(ConfigurationError) {
      guard !filters.isEmpty, filters.count == kernels.count, filters.count == strides.count else {
        throw ConfigurationError(
          "\(network)Filters",
          "\(filters.count) filters, \(kernels.count) kernels and \(strides.count) strides are not one of each a layer")
      }
      try requireSizes(filters, "\(network)Filters")
      try requireSizes(kernels, "\(network)Kernels", atMost: 1024)
      try requireSizes(strides, "\(network)Strides", atMost: 1024)
    }
  }

  public static let identifier = "autoencoder"
  public static let title = "Convolutional autoencoder"
  public static let batchSize = 32

  public let configuration: Configuration
  public let device: Device
  public let random: RandomGenerator

  /// Images `[N] + imageShape` to latents `[N, latentSize]`.
  public let encoder: Sequential
  /// Latents `[N, latentSize]` to images `[N] + imageShape` in [0, 1].
  public let decoder: Sequential
  /// Moving averages of the latents' mean and variance: an autoencoder has no prior, and this is what `generate` draws
  /// from.
  public let latents: LatentStatistics

  /// What training has seen of the latents: after every batch `average = 0.99 · average + 0.01 · batch`.
  public final class LatentStatistics: Module {
    /// `[latentSize]`; zeros before training.
    public let mean: Parameter
    /// `[latentSize]`, of the squared distances from `mean`; ones before training.
    public let variance: Parameter

    init(size: Int, on device: Device) {
      mean = Parameter(.zeros([size], on: device), kind: .statistic)
      variance = Parameter(.ones([size], on: device), kind: .statistic)
    }

    func follow(_ latents: Tensor) {
      withoutGradient {
        mean.value = 0.99 * mean.value + 0.01 * latents.mean(axes: [0])
        variance.value = 0.99 * variance.value + 0.01 * (latents - mean.value).squared().mean(axes: [0])
      }
    }
  }

  public init(_ configuration: Configuration = .init(), on device: Device, seed: UInt64) {
    configuration.requireValid(for: Self.self)
    self.configuration = configuration
    self.device = device
    random = RandomGenerator(seed: seed)
    let context = LayerContext(device: device, generator: random)
    let featureShape = configuration.featureShape
    let features = featureShape.reduce(1, *)
    let leakyReLU = Activation.leakyReLU(slope: 0.3)

    func regularization(_ channels: Int) -> [Layer] {
      (configuration.useBatchNorm ? [BatchNorm(channels: channels, in: context)] : [])
        + (configuration.useDropout ? [Dropout(rate: configuration.dropoutRate, in: context)] : [])
    }
    var channels = configuration.imageShape[2]
    var encoder = [Layer]()
    for (index, filters) in configuration.encoderFilters.enumerated() {
      encoder.append(
        Conv2D(
          inputChannels: channels, outputChannels: filters, kernelSize: configuration.encoderKernels[index],
          stride: configuration.encoderStrides[index], padding: .same, activation: leakyReLU, in: context))
      encoder += regularization(filters)
      channels = filters
    }
    encoder += [Flatten(), Dense(inputSize: features, units: configuration.latentSize, in: context)]

    var decoder: [Layer] = [
      Dense(inputSize: configuration.latentSize, units: features, in: context), Reshape(featureShape),
    ]
    for (index, filters) in configuration.decoderFilters.enumerated() {
      let isLast = index == configuration.decoderFilters.count - 1
      decoder.append(
        Conv2DTranspose(
          inputChannels: channels, outputChannels: filters, kernelSize: configuration.decoderKernels[index],
          stride: configuration.decoderStrides[index], padding: .same,
          activation: isLast ? .sigmoid : leakyReLU, in: context))
      if !isLast { decoder += regularization(filters) }
      channels = filters
    }
    self.encoder = Sequential(encoder)
    self.decoder = Sequential(decoder)
    latents = LatentStatistics(size: configuration.latentSize, on: device)
  }

  /// Images `[N] + imageShape` through their latents and back, in [0, 1].
  public func reconstruct(_ images: Tensor) -> Tensor { decode(encode(images)) }

  public func losses(_ batch: Batch, using generator: RandomGenerator) -> (loss: Tensor, parts: Measurements) {
    let images = batch["image"], codes = encoder(images)
    if isTraining { latents.follow(codes) }
    let loss = Loss.meanSquaredError(decoder(codes), images)
    return (loss, Measurements(["loss": loss]))
  }

  /// Adam with a learning rate of 5e-4.
  public func optimizer() -> Optimizer { Adam(learningRate: 5e-4) }

  public var parts: [ModelPart] {
    [
      ModelPart("whole", inputShape: imageShape, range: 0...1) { self.reconstruct($0) },
      ModelPart("encoder", inputShape: imageShape, range: 0...1) { self.encode($0) },
      ModelPart("decoder", inputShape: [configuration.latentSize]) { self.decode($0) },
    ]
  }
}
