import Backends
import Layers
import Tensors

/// The age-conditional GAN (Antipov et al., 2017): faces `[N, 64, 64, 3]` in [−1, 1] of six age groups, and
/// an encoder that finds the latent of a face.
///
/// Labels enter the generator as one-hot numbers beside the latent, and the discriminator as one-hot planes
/// beside the first feature maps.
public final class AgeConditionalGAN: Module, AdversarialModel, LatentVariableModel {
  /// The size of the latents, the number of age groups, the widths of all networks, and dropout. The images are 64×64×3.
  public struct Configuration: AdversarialConfiguration {
    /// How many numbers a latent has.
    public var latentSize = 100
    /// Age groups: ≤ 18, 19–29, 30–39, 40–49, 50–59, ≥ 60.
    public var classes = 6
    /// Units of the generator's first layer.
    public var generatorUnits = 2048
    /// Channels of the generator's three smaller feature maps: 8×8, 16×16 and 32×32.
    public var generatorFilters = [256, 128, 64]
    /// Channels of the discriminator's four convolutions.
    public var discriminatorFilters = [64, 128, 256, 512]
    /// Channels of the encoder's four convolutions.
    public var encoderFilters = [32, 64, 128, 256]
    /// Units of the encoder's last but one layer.
    public var encoderUnits = 4096
    /// The share of values, in [0, 1), that the generator's two dropouts set to 0 while training.
    public var dropoutRate: Float = 0.2
    /// Of all the generator's layers but the first and the last.
    public var normalization = NetworkNormalization.batch
    /// Of the discriminator's last three convolutions.
    public var discriminatorNormalization = NetworkNormalization.batch
    public var optimizer = AdversarialOptimizer.published
    /// The file of the network by which the stage `identity` tells people apart: dlib's (`.dat`), or Inception-ResNet-v2's as Keras
    /// saves it (`.h5`). Or ``ownFaceNetwork``. Without one the model cannot be trained in that stage.
    public var faceWeights: String?
    /// In place of a file: a small network, ``FaceRecognizer``, that learns in a stage of its own.
    public static let ownFaceNetwork = "own"
    public var objective = AdversarialObjective()
    /// Who learns in the stage `identity`.
    public enum IdentityLearners: String, Codable, CaseIterable, Sendable {
      /// Encoder and generator, as published. Nothing there keeps the generator's images faces of their ages: it may find others
      /// that only the face network takes for the same person's.
      case both
      /// The encoder alone.
      case encoder
      /// Encoder and generator, while the game of the first stage goes on: half of its latents are those that the encoder finds
      /// in the batch's faces, at ages drawn at random. What the stage asks of the generator it learns at 5e-5, a quarter of the
      /// other rates, unless others are given. In one more stage the encoder learns alone: until then the generator moves, and
      /// normalizes by the batch.
      case game
    }

    /// Who learns in the stage `identity`.
    public var identityLearners = IdentityLearners.both
    /// Factor of the mean squared difference of pixels of faces and of what is made of their latents, both in [−1, 1], in the
    /// loss of `identity`.
    public var pixelWeight: Float = 0

    public init() {}

    /// For processors: about half the channels, and a quarter of the units. Real faces under wrong ages, which the discriminator
    /// is to refuse too, make it look at the age: after 1,700 steps 83 % of the generator's are recovered, without them 67 % after
    /// 4,000. Samples are the moving average's. In `identity` the game goes on, and pixels count: after 700 steps of it and 300 of
    /// the encoder alone a face made anew is nearest to its own of a hundred in 92 % of cases.
    public static var small: Configuration {
      var configuration = Configuration()
      configuration.generatorUnits = 512
      configuration.generatorFilters = [128, 64, 32]
      configuration.discriminatorFilters = [32, 64, 128, 256]
      configuration.encoderFilters = [16, 32, 64, 128]
      configuration.encoderUnits = 1024
      (configuration.objective.mismatchedLabels, configuration.objective.movingAverage) = (0.5, 0.99)
      (configuration.identityLearners, configuration.pixelWeight) = (.game, 10)
      return configuration
    }

    public func validate() throws(ConfigurationError) {
      try requireSize(latentSize, "latentSize")
      try requireSize(classes, "classes", atMost: 1 << 16)
      try requireSize(generatorUnits, "generatorUnits")
      try requireSize(encoderUnits, "encoderUnits")
      for (field, filters, count) in [
        ("generatorFilters", generatorFilters, 3), ("discriminatorFilters", discriminatorFilters, 4),
        ("encoderFilters", encoderFilters, 4),
      ] {
        guard filters.count == count else { throw ConfigurationError(field, "\(filters.count) are given, not \(count)") }
        try requireSizes(filters, field, atMost: 1 << 16)
      }
      guard dropoutRate >= 0, dropoutRate < 1 else {
        throw ConfigurationError("dropoutRate", "\(dropoutRate) is not in [0, 1)")
      }
      guard pixelWeight.isFinite, pixelWeight >= 0 else {
        throw ConfigurationError("pixelWeight", "\(pixelWeight) is not a finite number ≥ 0")
      }
      try objective.validate(discriminatorHasBatchNorm: discriminatorNormalization == .batch, classes: classes)
    }
  }

  /// Images and the planes of their labels to logits.
  public final class Discriminator: Module {
    /// Images `[N, 64, 64, 3]` to features `[N, 32, 32, C]`.
    public let stem: Conv2D
    /// Features and the planes of the labels behind them, `[N, 32, 32, C + classes]`, to logits `[N, 1]`.
    public let trunk: Sequential

    init(_ configuration: Configuration, in context: LayerContext) {
      let leakyReLU = Activation.leakyReLU(slope: 0.2)
      let filters = configuration.discriminatorFilters
      stem = Conv2D(
        inputChannels: 3, outputChannels: filters[0], kernelSize: 3, stride: 2, padding: .same, activation: leakyReLU, in: context)
      var layers = [Layer](), channels = filters[0] + configuration.classes
      for filters in filters.dropFirst() {
        layers += configuration.discriminatorNormalization.convolution(
          channels, filters, kernelSize: 3, stride: 2, activation: leakyReLU, in: context)
        channels = filters
      }
      trunk = Sequential(layers + [Flatten()] + configuration.objective.verdict(features: 4 * 4 * channels, in: context))
    }

    /// Logits `[N, 1]` of images `[N, 64, 64, 3]` being real faces of their age groups.
    ///
    /// - Parameter labels: One-hot, `[N, classes]`.
    public func callAsFunction(_ images: Tensor, labels: Tensor) -> Judgement {
      let features = stem(images)
      let planes = labels.reshaped(to: [labels.shape[0], 1, 1, labels.shape[1]])
        .broadcast(to: [labels.shape[0], features.shape[1], features.shape[2], labels.shape[1]])
      return Judgement(of: .concatenate([features, planes]), by: trunk)
    }
  }

  public static let identifier = "age-cgan"
  public static let title = "Age-conditional GAN"
  public static let batchSize = 128
  public static let usualData = "faces"
  /// `published`, the defaults, and `small`.
  public static var presets: [(name: String, configuration: Configuration)] {
    [("published", .init()), ("small", .small)]
  }

  public let configuration: Configuration
  public let device: Device
  public let random: RandomGenerator

  /// Images `[N, 64, 64, 3]` to latents `[N, latentSize]`.
  public let encoder: Sequential
  /// Latents and one-hot labels behind them, `[N, latentSize + classes]`, to images `[N, 64, 64, 3]` in [−1, 1].
  public let generator: Sequential
  /// Images `[N, 64, 64, 3]` and one-hot labels `[N, classes]` to logits `[N, 1]` of being real.
  public let discriminator: Discriminator
  public let memory: AdversarialMemory<Sequential>
  /// The model's own network that tells people apart; nil if it is to go by the weights of another.
  public let recognizer: FaceRecognizer?
  /// Images `[N, 64, 64, 3]` in [−1, 1] to what tells people apart, `[N, …]`; nil until ``loadPretrainedWeights()``, or without
  /// weights.
  package var faceFeatures: ((Tensor) -> Tensor)?
  /// Found out once: it is a number on the device.
  package var recognizerHasLearnt = false

  public init(_ configuration: Configuration = .init(), on device: Device, seed: UInt64) {
    configuration.requireValid(for: Self.self)
    self.configuration = configuration
    self.device = device
    random = RandomGenerator(seed: seed)
    let context = LayerContext(device: device, generator: random)
    encoder = Self.encoder(configuration, in: context)
    generator = Self.generator(configuration, in: context)
    discriminator = Discriminator(configuration, in: configuration.objective.ofDiscriminator(context))
    memory = AdversarialMemory(configuration.objective, generator: generator, discriminator: discriminator) {
      Self.generator(configuration, in: $0)
    }
    recognizer = configuration.faceWeights == Configuration.ownFaceNetwork ? FaceRecognizer(in: context) : nil
  }

  private static let leakyReLU = Activation.leakyReLU(slope: 0.2)

  private static func encoder(_ configuration: Configuration, in context: LayerContext) -> Sequential {
    let filters = configuration.encoderFilters, units = configuration.encoderUnits
    var layers: [Layer] = [
      Conv2D(
        inputChannels: 3, outputChannels: filters[0], kernelSize: 5, stride: 2, padding: .same, activation: leakyReLU, in: context)
    ]
    for (channels, filters) in zip(filters, filters.dropFirst()) {
      layers += NetworkNormalization.batch.convolution(
        channels, filters, kernelSize: 5, stride: 2, activation: leakyReLU, in: context)
    }
    return Sequential(
      layers + [
        Flatten(),
        Dense(inputSize: 4 * 4 * filters[3], units: units, in: context),
        BatchNorm(channels: units, activation: leakyReLU, in: context),
        Dense(inputSize: units, units: configuration.latentSize, in: context),
      ])
  }

  private static func generator(_ configuration: Configuration, in context: LayerContext) -> Sequential {
    let filters = configuration.generatorFilters, units = configuration.generatorUnits, seedShape = [8, 8, filters[0]]
    var layers: [Layer] = [
      Dense(
        inputSize: configuration.latentSize + configuration.classes, units: units, activation: leakyReLU, in: context),
      Dropout(rate: configuration.dropoutRate, in: context),
      Dense(inputSize: units, units: seedShape.reduce(1, *), in: context),
    ]
    layers += configuration.normalization.reshaping(to: seedShape, activation: leakyReLU, in: context)
    layers.append(Dropout(rate: configuration.dropoutRate, in: context))
    for (channels, filters) in zip(filters, filters.dropFirst()) {
      layers.append(UpSampling())
      layers += configuration.normalization.convolution(
        channels, filters, kernelSize: 5, momentum: 0.8, activation: leakyReLU, in: context)
    }
    layers += [
      UpSampling(),
      Conv2D(inputChannels: filters[2], outputChannels: 3, kernelSize: 5, padding: .same, activation: .tanh, in: context),
    ]
    return Sequential(layers)
  }

  public var noiseShape: [Int] { [configuration.latentSize] }
  public var sampleShape: [Int] { [64, 64, 3] }
  public var classes: Int? { configuration.classes }

  /// Latents `[N, latentSize]` to images `[N, 64, 64, 3]`.
  ///
  /// - Parameter labels: Age groups, `[N]`, counted from 0; the program stops if they are nil.
  public func generate(_ latents: Tensor, labels: Tensor?, by network: Sequential) -> Tensor {
    network(.concatenate([latents, oneHot(labels)]))
  }

  /// Images `[N, 64, 64, 3]` to logits `[N, 1]` of being real.
  ///
  /// - Parameter labels: Age groups, `[N]`, counted from 0; the program stops if they are nil.
  public func judge(_ samples: Tensor, labels: Tensor?) -> Judgement {
    discriminator(samples, labels: oneHot(labels))
  }

  /// Faces to the latents that stand for them, `[N, latentSize]`.
  public func encode(_ images: Tensor) -> Tensor { encoder(images) }

  private func oneHot(_ labels: Tensor?) -> Tensor {
    guard let labels else { fatalError("AgeConditionalGAN: labels are needed, one age group a sample") }
    return labels.oneHot(classes: configuration.classes)
  }

  /// Adam with a learning rate of 2e-4 and a beta1 of 0.5, one for the generator and one for the discriminator. The
  /// encoder has none.
  public func learners() -> [Learner] {
    learners { configuration.optimizer.make { Adam(learningRate: 2e-4, beta1: 0.5) } }
  }

  /// `whole` and `generator` take latents and one-hot age groups behind them; `encoder` takes images.
  public var parts: [ModelPart] {
    let (latents, classes) = (configuration.latentSize, configuration.classes)
    // A latent and the one-hot age group behind it.
    func split(_ input: Tensor) -> (Tensor, Tensor) {
      (input.sliced(0..<latents, axis: 1), input.sliced(latents..<latents + classes, axis: 1))
    }
    return [
      ModelPart("whole", inputShape: [latents + classes]) { input in
        let (_, labels) = split(input)
        let images = self.generator(input)
        _ = self.encoder(images)
        return self.discriminator(images, labels: labels).logits
      },
      ModelPart("generator", inputShape: [latents + classes]) { self.sampler($0) },
      ModelPart("encoder", inputShape: sampleShape) { self.encode($0) },
    ]
  }
}
