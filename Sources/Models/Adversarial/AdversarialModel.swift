import Backends
import Layers
import Tensors

/// A generator and a discriminator trained against each other (Goodfellow et al., 2014).
///
/// The discriminator's output is logits throughout: the sigmoid belongs to the cross-entropy, and to where a
/// probability is shown.
public protocol AdversarialModel: GenerativeModel {
  associatedtype Generator: Module
  associatedtype Discriminator: Module

  var generator: Generator { get }
  var discriminator: Discriminator { get }
  /// Without the batch dimension.
  var latentShape: [Int] { get }
  /// Of a sample, real or generated, without the batch dimension.
  var sampleShape: [Int] { get }
  /// Where its values lie.
  var sampleRange: ClosedRange<Float> { get }
  /// The standard deviation of the latents' normal distribution, whose mean is 0.
  var latentDeviation: Float { get }
  /// How many classes condition both networks; nil if none do.
  var classes: Int? { get }

  /// - Parameters:
  ///   - latents: `[N] + latentShape`.
  ///   - labels: `[N]`, class indices held as floats, for a conditional model.
  /// - Returns: Samples `[N] + sampleShape`.
  func generate(_ latents: Tensor, labels: Tensor?) -> Tensor
  /// - Returns: Logits of being real, one or more a sample.
  func discriminate(_ samples: Tensor, labels: Tensor?) -> Tensor
  /// New learners `discriminator` and `generator`, with the optimizers the model was published with.
  func learners() -> [Learner]
}

extension AdversarialModel {
  /// That of a tanh.
  public var sampleRange: ClosedRange<Float> { -1...1 }
  public var latentDeviation: Float { 1 }
  public var classes: Int? { nil }

  /// Of a model that nothing conditions.
  public var parts: [ModelPart] {
    [
      ModelPart("whole", inputShape: latentShape) {
        self.discriminate(self.generate($0, labels: nil), labels: nil)
      },
      ModelPart("generator", inputShape: latentShape) { self.generate($0, labels: nil) },
      ModelPart("discriminator", inputShape: sampleShape, range: sampleRange) { self.discriminate($0, labels: nil) },
    ]
  }

  /// One learner for each network, each with an optimizer of its own.
  public func learners(_ optimizer: () -> Optimizer) -> [Learner] {
    [
      Learner("discriminator", optimizer(), discriminator, of: self),
      Learner("generator", optimizer(), generator, of: self),
    ]
  }

  public func drawLatents(_ count: Int, using generator: RandomGenerator) -> Tensor {
    .randomNormal(Shape([count] + latentShape), deviation: latentDeviation, using: generator, on: device)
  }

  /// Labels drawn evenly from all classes; nil for a model without.
  public func randomLabels(_ count: Int) -> Tensor? {
    classes.map { .randomUniform([count], high: Float($0), using: random, on: device).floor() }
  }

  /// One step of both networks on a batch of real samples, with latents and the generator's labels drawn from `random`.
  ///
  /// - Parameter labels: Of the samples, `[N]`, for a conditional model.
  public func adversarialStep(_ samples: Tensor, labels: Tensor? = nil, _ context: StepContext) -> Measurements {
    let count = samples.shape[0], latents = drawLatents(count, using: random), chosen = randomLabels(count)
    return adversarialStep(
      samples, labels: labels, latents: (latents, drawLatents(count, using: random)), chosenLabels: chosen, context)
  }

  /// One step of both networks on a batch of real samples: the discriminator on these and on as many
  /// generated ones, then the generator through the discriminator, whose parameters stay as they are
  /// because the generator's learner does not have them.
  ///
  /// - Parameters:
  ///   - latents: For the discriminator's generated samples, and for the generator's.
  ///   - chosenLabels: For the generator's samples, for a conditional model.
  /// - Returns: The discriminator's cross-entropies `real` and `generated`, whose mean it minimizes; its `accuracy` on
  ///   both; and the `generator`'s, of taking generated samples for real.
  public func adversarialStep(
    _ samples: Tensor, labels: Tensor? = nil, latents: (discriminator: Tensor, generator: Tensor),
    chosenLabels: Tensor? = nil, _ context: StepContext
  ) -> Measurements {
    let generated = withoutGradient { generate(latents.discriminator, labels: labels) }
    let ofReal = discriminate(samples, labels: labels), ofGenerated = discriminate(generated, labels: labels)
    let real = Self.crossEntropy(ofReal, real: true), fake = Self.crossEntropy(ofGenerated, real: false)
    context.minimize(0.5 * (real + fake), "discriminator")

    let logits = discriminate(generate(latents.generator, labels: chosenLabels), labels: chosenLabels)
    let generatorLoss = Self.crossEntropy(logits, real: true)
    context.minimize(generatorLoss, "generator")
    return Measurements([
      "real": real, "generated": fake, "accuracy": Self.accuracy(ofReal: ofReal, ofGenerated: ofGenerated),
      "generator": generatorLoss,
    ])
  }

  private static func crossEntropy(_ logits: Tensor, real: Bool) -> Tensor {
    let target: Tensor = real ? .ones(logits.shape, on: logits.device) : .zeros(logits.shape, on: logits.device)
    return Loss.binaryCrossEntropy(logits: logits, target)
  }

  /// The share of samples that the discriminator takes for what they are; a logit of 0 means generated.
  private static func accuracy(ofReal: Tensor, ofGenerated: Tensor) -> Tensor {
    withoutGradient {
      let zero = Tensor(0, on: ofReal.device)
      let taken = (ofReal > zero).mean() - (ofGenerated > zero).mean()
      return taken.affine(scale: 0.5, offset: 0.5)
    }
  }
}
