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
}

extension AdversarialModel {
  public var latentDeviation: Float { 1 }
  public var classes: Int? { nil }

  /// Of a model that nothing conditions.
  public var parts: [ModelPart] {
    [
      ModelPart("whole", inputShape: latentShape) {
        self.discriminate(self.generate($0, labels: nil), labels: nil)
      },
      ModelPart("generator", inputShape: latentShape) { self.generate($0, labels: nil) },
      ModelPart("discriminator", inputShape: sampleShape) { self.discriminate($0, labels: nil) },
    ]
  }

  public func randomLatents(_ count: Int) -> Tensor {
    .randomNormal(Shape([count] + latentShape), deviation: latentDeviation, using: random, on: device)
  }

  /// Labels drawn evenly from all classes; nil for a model without.
  public func randomLabels(_ count: Int) -> Tensor? {
    classes.map { .randomUniform([count], high: Float($0), using: random, on: device).floor() }
  }

  /// One step of both networks on a batch of real samples: the discriminator on these and on as many
  /// generated ones, then the generator through the discriminator, whose parameters stay as they are
  /// because its optimizer is not given them.
  ///
  /// - Parameters:
  ///   - labels: Of the samples, `[N]`, for a conditional model.
  ///   - optimizers: The discriminator's and the generator's, as `optimizers(learningRate:)` gives them.
  /// - Returns: `discriminator`, the mean of its two cross-entropies, and `generator`, that of taking
  ///   generated samples for real.
  public func adversarialStep(_ samples: Tensor, labels: Tensor? = nil, optimizers: [Optimizer]) -> LossTerms {
    let count = samples.shape[0]
    let generated = withoutGradient { generate(randomLatents(count), labels: labels) }
    let ofReal = discriminate(samples, labels: labels), ofGenerated = discriminate(generated, labels: labels)
    let discriminatorLoss = 0.5 * (Self.crossEntropy(ofReal, real: true) + Self.crossEntropy(ofGenerated, real: false))
    optimizers[0].minimize(discriminatorLoss, over: discriminator)

    let chosen = randomLabels(count)
    let logits = discriminate(generate(randomLatents(count), labels: chosen), labels: chosen)
    let generatorLoss = Self.crossEntropy(logits, real: true)
    optimizers[1].minimize(generatorLoss, over: generator)
    return LossTerms(["discriminator": discriminatorLoss, "generator": generatorLoss])
  }

  private static func crossEntropy(_ logits: Tensor, real: Bool) -> Tensor {
    let target: Tensor = real ? .ones(logits.shape, on: logits.device) : .zeros(logits.shape, on: logits.device)
    return Loss.binaryCrossEntropy(logits: logits, target)
  }
}
