import ArgumentParser
import Figment

/// What `figment train` changes of a GAN's objective and networks: everything that its configuration holds.
struct TechniqueOptions: ParsableArguments {
  @Option(help: .init("The loss that both networks play for.", valueName: "loss"))
  var objective: AdversarialObjective.Loss?

  @Option(
    parsing: .unconditional,
    help: .init("Label real samples 1 minus this, in place of 1; 0.1 is usual.", valueName: "amount"))
  var labelSmoothing: Float?

  @Option(
    parsing: .unconditional,
    help: .init("Exchange this share of the discriminator's labels; 0.05 is usual.", valueName: "share"))
  var noisyLabels: Float?

  @Option(
    parsing: .unconditional,
    help: .init(
      "Of a conditional model: show the discriminator real samples under wrong labels, for this share of what it is to refuse; 0.5 is usual.",
      valueName: "share"))
  var mismatchedLabels: Float?

  @Option(
    parsing: .unconditional,
    help: .init(
      "Keep the discriminator's slope between real and generated samples near 1, at this weight (WGAN-GP); 10 is usual.",
      valueName: "weight"))
  var gradientPenalty: Float?

  @Option(
    parsing: .unconditional,
    help: .init("Keep the discriminator's slope at real samples small, at this weight (R1); 10 is usual.", valueName: "weight"))
  var r1: Float?

  @Option(
    parsing: .unconditional,
    help: .init("Keep the discriminator's parameters within plus and minus this (WGAN); 0.01 is usual.", valueName: "limit"))
  var weightClipping: Float?

  @Flag(help: "Divide the discriminator's weights by their largest singular values.")
  var spectralNorm = false

  @Flag(help: "Train the generator to match the means of the discriminator's features.")
  var featureMatching = false

  @Flag(help: "Let the discriminator see how alike the samples of a batch are.")
  var minibatchDiscrimination = false

  @Flag(help: "Hold both networks' parameters near their means over all steps.")
  var historicalAveraging = false

  @Option(
    parsing: .unconditional,
    help: .init("Draw samples from a moving average of the generator with this decay; 0.999 is usual.", valueName: "decay"))
  var ema: Float?

  @Option(
    parsing: .unconditional,
    help: .init("Steps of the discriminator, each on a batch of its own, to one of the generator.", valueName: "count"))
  var discriminatorSteps: Int?

  @Option(
    parsing: .unconditional,
    help: .init(
      "Let the discriminator rest while its accuracy on the last batch was above this; 0.8 is usual.",
      valueName: "accuracy"))
  var accuracyGate: Float?

  @Option(help: .init("Between the generator's layers.", valueName: "kind"))
  var normalization: NetworkNormalization?

  @Option(help: .init("Between the discriminator's layers.", valueName: "kind"))
  var discriminatorNormalization: NetworkNormalization?

  @Option(help: .init("Of both networks.", valueName: "name"))
  var optimizer: AdversarialOptimizer?

  /// The options that were given, by name.
  var given: [(String, Any?)] {
    func flag(_ isGiven: Bool) -> Any? { isGiven ? true : nil }
    return [
      ("objective", objective), ("label-smoothing", labelSmoothing), ("noisy-labels", noisyLabels),
      ("mismatched-labels", mismatchedLabels),
      ("gradient-penalty", gradientPenalty), ("r1", r1), ("weight-clipping", weightClipping),
      ("spectral-norm", flag(spectralNorm)), ("feature-matching", flag(featureMatching)),
      ("minibatch-discrimination", flag(minibatchDiscrimination)), ("historical-averaging", flag(historicalAveraging)),
      ("ema", ema), ("discriminator-steps", discriminatorSteps), ("accuracy-gate", accuracyGate),
      ("normalization", normalization), ("discriminator-normalization", discriminatorNormalization), ("optimizer", optimizer),
    ]
  }

  /// A configuration with what was given put over its own.
  ///
  /// - Throws: `UsageError` if the model is no GAN; `ConfigurationError` if values or techniques do not go together.
  func applied<Model: GenerativeModel>(to configuration: Model.Configuration, of _: Model.Type) throws -> Model.Configuration {
    guard let (given, _) = given.first(where: { $0.1 != nil }) else { return configuration }
    guard var changed = configuration as? any AdversarialConfiguration else {
      throw UsageError("--\(given) is for models with a discriminator; “\(Model.identifier)” has none")
    }
    apply(to: &changed.objective)
    changed.normalization = normalization ?? changed.normalization
    changed.discriminatorNormalization = discriminatorNormalization ?? changed.discriminatorNormalization
    changed.optimizer = optimizer ?? changed.optimizer
    try changed.validate()
    // The same value, whose type was only out of sight.
    return changed as! Model.Configuration
  }

  private func apply(to objective: inout AdversarialObjective) {
    if let loss = self.objective {
      objective.loss = loss
      // Labels of the preset's own game mean nothing in one without.
      if loss == .hinge || loss == .wasserstein { (objective.realLabels, objective.generatedLabels) = ([1, 1], [0, 0]) }
    }
    if let labelSmoothing { objective.realLabels = [1 - labelSmoothing, 1 - labelSmoothing] }
    objective.noisyLabels = noisyLabels ?? objective.noisyLabels
    objective.mismatchedLabels = mismatchedLabels ?? objective.mismatchedLabels
    objective.gradientPenalty = gradientPenalty ?? objective.gradientPenalty
    // Nor does the preset's own penalty go with another way of keeping slopes, or with batch normalization.
    let isKeptOtherwise = objective.gradientPenalty > 0 || objective.loss == .wasserstein || discriminatorNormalization == .batch
    objective.r1 = r1 ?? (isKeptOtherwise ? 0 : objective.r1)
    objective.weightClipping = weightClipping ?? objective.weightClipping
    if spectralNorm { objective.spectralNorm = true }
    if featureMatching { objective.featureMatching = true }
    if minibatchDiscrimination { objective.minibatchDiscrimination = 100 }
    // With the paper's 1 the dense GAN learns nothing (Benchmarks/results/gan): its parameters stay where they began.
    if historicalAveraging { objective.historicalAveraging = 0.001 }
    objective.movingAverage = ema ?? objective.movingAverage
    objective.discriminatorSteps = discriminatorSteps ?? objective.discriminatorSteps
    objective.accuracyGate = accuracyGate ?? objective.accuracyGate
  }
}

extension AdversarialObjective.Loss: ExpressibleByArgument {}
extension NetworkNormalization: ExpressibleByArgument {}
extension AdversarialOptimizer: ExpressibleByArgument {}
