import Backends
import Layers
import Tensors

/// A generator and a discriminator trained against each other (Goodfellow et al., 2014).
///
/// The discriminator's output is logits throughout: the sigmoid belongs to the cross-entropy, and to where a
/// probability is shown.
public protocol AdversarialModel: GenerativeModel where Configuration: AdversarialConfiguration {
  /// The type of the network that makes samples of latents.
  associatedtype Generator: Module
  /// The type of the network that tells real samples from generated ones.
  associatedtype Discriminator: Module

  /// What `generate` runs; the parameters of the learner `generator`.
  var generator: Generator { get }
  /// What `discriminate` runs; the parameters of the learner `discriminator`.
  var discriminator: Discriminator { get }
  /// Of what the generator makes a sample of, labels aside, without the batch dimension.
  var noiseShape: [Int] { get }
  /// Of a sample, real or generated, without the batch dimension.
  var sampleShape: [Int] { get }
  /// Where its values lie.
  var sampleRange: ClosedRange<Float> { get }
  /// The standard deviation of the latents' normal distribution, whose mean is 0.
  var latentDeviation: Float { get }
  /// How many classes condition both networks; nil if none do.
  var classes: Int? { get }

  /// What the techniques of the configuration's objective remember.
  var memory: AdversarialMemory<Generator> { get }

  /// - Parameters:
  ///   - latents: `[N] + noiseShape`.
  ///   - labels: `[N]`, class indices held as floats, for a conditional model.
  ///   - network: The model's generator, or the moving average of it.
  /// - Returns: Samples `[N] + sampleShape`.
  func generate(_ latents: Tensor, labels: Tensor?, by network: Generator) -> Tensor
  /// What the discriminator makes of samples `[N] + sampleShape`.
  func judge(_ samples: Tensor, labels: Tensor?) -> Judgement
  /// New learners `discriminator` and `generator`, with the optimizers of the configuration.
  func learners() -> [Learner]
}

/// What a discriminator makes of samples.
public struct Judgement {
  /// Of being real, one or more a sample.
  public let logits: Tensor
  /// What the last layer saw, `[N, …]`.
  public let features: Tensor

  /// What a discriminator gives, and what its last layer was given.
  public init(logits: Tensor, features: Tensor) { (self.logits, self.features) = (logits, features) }

  /// Of a discriminator that is one stack of layers.
  public init(of samples: Tensor, by discriminator: Sequential) {
    let last = discriminator.layers.count - 1
    features = discriminator.output(of: samples, through: 0..<last)
    logits = discriminator.output(of: features, through: last..<last + 1)
  }
}

extension AdversarialModel {
  /// That of a tanh.
  public var sampleRange: ClosedRange<Float> { -1...1 }
  public var latentDeviation: Float { 1 }
  public var classes: Int? { nil }

  /// Samples of the generator that learns.
  public func generate(_ latents: Tensor, labels: Tensor? = nil) -> Tensor {
    generate(latents, labels: labels, by: generator)
  }

  /// What samples are drawn from once the model has learnt: the moving average of the generator, if there is one.
  public var sampler: Generator { memory.average?.network ?? generator }

  /// Logits of samples `[N] + sampleShape` being real, one or more a sample.
  public func discriminate(_ samples: Tensor, labels: Tensor? = nil) -> Tensor { judge(samples, labels: labels).logits }

  /// Of a model that nothing conditions.
  public var parts: [ModelPart] {
    [
      ModelPart("whole", inputShape: noiseShape) {
        self.discriminate(self.generate($0, labels: nil), labels: nil)
      },
      ModelPart("generator", inputShape: noiseShape) { self.generate($0, labels: nil, by: self.sampler) },
      ModelPart("discriminator", inputShape: sampleShape, range: sampleRange) { self.discriminate($0, labels: nil) },
    ]
  }

  /// One learner for each network, each with an optimizer of its own.
  public func learners(_ optimizer: () -> Optimizer) -> [Learner] {
    learners(discriminator: optimizer(), generator: optimizer())
  }

  /// One learner for each network.
  public func learners(discriminator: Optimizer, generator: Optimizer) -> [Learner] {
    [
      Learner("discriminator", discriminator, self.discriminator, of: self),
      Learner("generator", generator, self.generator, of: self),
    ]
  }

  /// `[count] + noiseShape`, drawn from a normal distribution with mean 0 and deviation `latentDeviation`.
  public func drawLatents(_ count: Int, using generator: RandomGenerator) -> Tensor {
    trainingLatents(count, using: generator)
  }

  /// What the generator is trained on; `drawLatents` of a model may draw samples from others.
  func trainingLatents(_ count: Int, using generator: RandomGenerator) -> Tensor {
    .randomNormal(Shape([count] + noiseShape), deviation: latentDeviation, using: generator, on: device)
  }

  /// Labels drawn evenly from all classes; nil for a model without.
  public func randomLabels(_ count: Int) -> Tensor? {
    classes.map { .randomUniform([count], high: Float($0), using: random, on: device).floor() }
  }
}

/// Models of two stacks of layers that nothing conditions.
extension AdversarialModel where Generator == Sequential, Discriminator == Sequential {
  /// What `network` makes of the latents; labels are not heeded.
  public func generate(_ latents: Tensor, labels: Tensor?, by network: Sequential) -> Tensor { network(latents) }
  /// What the discriminator makes of the samples; labels are not heeded.
  public func judge(_ samples: Tensor, labels: Tensor?) -> Judgement { Judgement(of: samples, by: discriminator) }
}
