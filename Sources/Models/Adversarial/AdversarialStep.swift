import Backends
import Layers
import Tensors

/// What a step of two networks draws: a place to give it other numbers.
public protocol AdversarialNoise {
  /// `[count] + noiseShape`.
  func latents(_ count: Int) -> Tensor
  /// The classes of the generator's samples, `[count]`; nil for a model without.
  func classes(_ count: Int) -> Tensor?
  /// Uniform in [0, 1).
  func uniform(_ shape: Shape) -> Tensor
}

/// All of it from the model's own stream.
struct ModelNoise<Model: AdversarialModel>: AdversarialNoise {
  let model: Model

  func latents(_ count: Int) -> Tensor { model.trainingLatents(count, using: model.random) }
  func classes(_ count: Int) -> Tensor? { model.randomLabels(count) }
  func uniform(_ shape: Shape) -> Tensor { .randomUniform(shape, using: model.random, on: model.device) }
}

extension AdversarialModel {
  /// One step of both networks: the discriminator on real and on as many generated samples, then the generator through the
  /// discriminator, whose parameters stay as they are because the generator's learner does not have them. If the
  /// discriminator takes several steps, the samples are shared out among them.
  ///
  /// - Parameters:
  ///   - samples: Real ones, `[N] + sampleShape`.
  ///   - labels: Of the samples, `[N]`, for a conditional model.
  ///   - noise: What is drawn; from the model's `random` if nil.
  /// - Returns: The discriminator's losses `real`, `generated`, `mismatched` and `penalty`, those it has, where it learnt; its
  ///   `accuracy` on both, if the objective has one; and the loss of the `generator`.
  /// - Throws: What the device throws, if the discriminator's accuracy decides whether it learns.
  public func adversarialStep(
    _ samples: Tensor, labels: Tensor? = nil, noise: (any AdversarialNoise)? = nil, _ context: StepContext
  ) throws -> Measurements {
    var step = AdversarialStep(self, noise: noise ?? ModelNoise(model: self), context)
    try step.run(samples, labels: labels)
    return step.measured
  }

  /// One step of both networks of a model whose generator makes each sample of an input of its own, such as a large image of a
  /// small one: both learn from the same generated samples.
  ///
  /// - Parameters:
  ///   - samples: Real ones, `[N] + sampleShape`.
  ///   - inputs: What each is to be made of, `[N] + noiseShape`.
  ///   - content: What ties generated samples to real ones: the generator's loss beside the game.
  /// - Returns: As the other step, and the content.
  public func adversarialStep(
    _ samples: Tensor, from inputs: Tensor, noise: (any AdversarialNoise)? = nil, _ context: StepContext,
    content: (_ generated: Tensor, _ samples: Tensor) -> AdversarialContent
  ) throws -> Measurements {
    var step = AdversarialStep(self, noise: noise ?? ModelNoise(model: self), context)
    try step.run(samples, from: inputs, content: content)
    return step.measured
  }
}

/// What a generator pays for samples that are not what they are to be, beside what the game costs it.
public struct AdversarialContent {
  let name: String, loss: Tensor, gameWeight: Float

  /// - Parameters:
  ///   - name: As it is measured.
  ///   - loss: A scalar.
  ///   - gameWeight: Of the game beside it.
  public init(_ name: String, _ loss: Tensor, gameWeight: Float) {
    (self.name, self.loss, self.gameWeight) = (name, loss, gameWeight)
  }
}

/// The discriminator's logits, or its losses, of real and generated samples, and of real ones under wrong labels.
private struct OfEachKind {
  let real: Tensor, generated: Tensor, mismatched: Tensor?

  func map(_ transform: (_ value: Tensor, _ isReal: Bool) -> Tensor) -> OfEachKind {
    OfEachKind(
      real: transform(real, true), generated: transform(generated, false), mismatched: mismatched.map { transform($0, false) })
  }
}

private struct AdversarialStep<Model: AdversarialModel> {
  let model: Model, objective: AdversarialObjective, noise: any AdversarialNoise, context: StepContext
  var measured = Measurements()

  init(_ model: Model, noise: any AdversarialNoise, _ context: StepContext) {
    (self.model, objective, self.noise, self.context) = (model, model.configuration.objective, noise, context)
  }

  mutating func run(_ samples: Tensor, labels: Tensor?) throws {
    for range in shares(of: samples) {
      let samples = share(samples, range), labels = labels.map { share($0, range) }
      let latents = noise.latents(range.count), generated = withoutGradient { model.generate(latents, labels: labels) }
      try discriminatorStep(samples, generated, labels)
    }
    let range = shares(of: samples)[0], latents = noise.latents(range.count), classes = noise.classes(range.count)
    let judgement = model.judge(model.generate(latents, labels: classes), labels: classes)
    generatorStep(judgement, share(samples, range), labels.map { share($0, range) }, content: nil)
  }

  mutating func run(
    _ samples: Tensor, from inputs: Tensor, content: (_ generated: Tensor, _ samples: Tensor) -> AdversarialContent
  ) throws {
    let ranges = shares(of: samples), first = share(samples, ranges[0])
    let generated = model.generate(share(inputs, ranges[0]))
    try discriminatorStep(first, generated.detached(), nil)
    for range in ranges.dropFirst() {
      try discriminatorStep(share(samples, range), withoutGradient { model.generate(share(inputs, range)) }, nil)
    }
    generatorStep(model.judge(generated, labels: nil), first, nil, content: content(generated, first))
  }

  /// The samples of each of the discriminator's steps.
  private func shares(of samples: Tensor) -> [Range<Int>] {
    let count = samples.shape[0], size = (count + objective.discriminatorSteps - 1) / objective.discriminatorSteps
    return stride(from: 0, to: count, by: size).map { $0..<min(count, $0 + size) }
  }

  /// All of it where there is one share only, which needs no copy.
  private func share(_ values: Tensor, _ range: Range<Int>) -> Tensor {
    range.count == values.shape[0] ? values : values.sliced(range)
  }

  // MARK: Discriminator

  private mutating func discriminatorStep(_ samples: Tensor, _ generated: Tensor, _ labels: Tensor?) throws {
    let count = samples.shape[0]
    let rests = try model.memory.accuracy.map { try $0.value.scalar() > objective.accuracyGate } ?? false
    // Its slope is wanted at real samples.
    let real = objective.r1 > 0 ? samples.tracked() : samples
    let wrong = objective.mismatchedLabels > 0 && !rests ? labels.map(wrongLabels) : nil
    func judged() -> OfEachKind {
      OfEachKind(
        real: model.discriminate(real, labels: labels), generated: model.discriminate(generated, labels: labels),
        mismatched: wrong.map { model.discriminate(samples, labels: $0) })
    }
    let logits = rests ? withoutGradient(judged) : judged()
    let accuracy = objective.hasAccuracy ? accuracy(ofReal: logits.real, ofGenerated: logits.generated) : nil
    if !rests { learn(logits, real, generated, labels) }
    guard let accuracy else { return }
    measured.add("accuracy", accuracy, weight: count)
    model.memory.accuracy?.value = accuracy.reshaped(to: [1])
  }

  /// For each sample one of the other classes, all of them as often.
  private func wrongLabels(_ labels: Tensor) -> Tensor {
    let others = Float(model.classes! - 1), drawn = (others * noise.uniform(labels.shape)).floor()
    return drawn + (drawn >= labels)
  }

  private mutating func learn(
    _ logits: OfEachKind, _ samples: Tensor, _ generated: Tensor, _ labels: Tensor?
  ) {
    let count = samples.shape[0], losses = losses(of: logits)
    measured.add("real", losses.real, weight: count)
    measured.add("generated", losses.generated, weight: count)
    var refused = losses.generated
    if let mismatched = losses.mismatched {
      measured.add("mismatched", mismatched, weight: count)
      refused = (1 - objective.mismatchedLabels) * refused + objective.mismatchedLabels * mismatched
    }
    var loss = losses.real + refused
    // The mean of both, as published; the other two games are sums.
    if objective.loss == .crossEntropy || objective.loss == .leastSquares { loss = 0.5 * loss }
    if let penalty = penalty(logits.real, samples, generated, labels) {
      loss = loss + penalty
      measured.add("penalty", penalty, weight: count)
    }
    let parameters = context.learner("discriminator").parameters.map(\.parameter)
    if let history = model.memory.discriminatorHistory {
      loss = loss + objective.historicalAveraging * history.distance(of: parameters)
    }
    context.minimize(loss, "discriminator")
    if objective.weightClipping > 0 {
      let bound = objective.weightClipping
      for parameter in parameters { parameter.value = parameter.value.detached().clamped(low: -bound, high: bound) }
    }
  }

  /// Whatever is to be refused is labelled as generated samples are.
  private func losses(of logits: OfEachKind) -> OfEachKind {
    switch objective.loss {
    case .crossEntropy:
      let targets = targets(logits.real, logits.generated)
      return logits.map { Loss.binaryCrossEntropy(logits: $0, $1 ? targets.real : targets.generated) }
    case .leastSquares:
      let targets = targets(logits.real, logits.generated)
      return logits.map { Loss.meanSquaredError($0, $1 ? targets.real : targets.generated) }
    case .hinge: return logits.map { ($1 ? 1 - $0 : 1 + $0).relu().mean() }
    case .wasserstein: return logits.map { $1 ? -$0.mean() : $0.mean() }
    }
  }

  /// The labels of both kinds, smoothed and exchanged as the objective says.
  private func targets(_ ofReal: Tensor, _ ofGenerated: Tensor) -> (real: Tensor, generated: Tensor) {
    func labels(_ range: [Float], _ shape: Shape) -> Tensor {
      range[0] == range[1]
        ? Tensor(uniform: range[0], shape: shape, on: ofReal.device)
        : range[0] + (range[1] - range[0]) * noise.uniform(shape)
    }
    let real = labels(objective.realLabels, ofReal.shape), generated = labels(objective.generatedLabels, ofGenerated.shape)
    guard objective.noisyLabels > 0 else { return (real, generated) }
    func exchanged(_ own: Tensor, for other: Tensor) -> Tensor {
      own + (noise.uniform(own.shape) < Tensor(objective.noisyLabels, on: own.device)) * (other - own)
    }
    return (exchanged(real, for: generated), exchanged(generated, for: real))
  }

  /// What the discriminator's slopes cost, weighted; nil if nothing.
  private func penalty(_ logits: Tensor, _ samples: Tensor, _ generated: Tensor, _ labels: Tensor?) -> Tensor? {
    func squaredSlope(_ logits: Tensor, by input: Tensor) -> Tensor {
      gradients(of: logits.sum(), withRespectTo: [input], createsGraph: true)[0].squared()
        .sum(axes: [Int](1..<input.rank))
    }
    var penalty: Tensor?
    if objective.r1 > 0 { penalty = 0.5 * objective.r1 * squaredSlope(logits, by: samples).mean() }
    if objective.gradientPenalty > 0 {
      let share = noise.uniform(Shape([samples.shape[0]] + samples.shape.dimensions.dropFirst().map { _ in 1 }))
      let between = (generated + share * (samples.detached() - generated)).tracked()
      let slope = (squaredSlope(model.discriminate(between, labels: labels), by: between) + 1e-12).squareRoot()
      let term = objective.gradientPenalty * (slope - 1).squared().mean()
      penalty = penalty.map { $0 + term } ?? term
    }
    return penalty
  }

  /// The share of samples that the discriminator takes for what they are; on the border means generated.
  private func accuracy(ofReal: Tensor, ofGenerated: Tensor) -> Tensor {
    withoutGradient {
      let border = Tensor(objective.loss == .leastSquares ? 0.5 : 0, on: ofReal.device)
      let taken = Tensor.shareOfGreater(ofReal, than: border) - Tensor.shareOfGreater(ofGenerated, than: border)
      return taken.affine(scale: 0.5, offset: 0.5)
    }
  }

  // MARK: Generator

  private mutating func generatorStep(
    _ judgement: Judgement, _ samples: Tensor, _ labels: Tensor?, content: AdversarialContent?
  ) {
    let count = samples.shape[0]
    var loss = objective.featureMatching ? mismatch(judgement.features, samples, labels) : game(judgement.logits)
    measured.add("generator", loss, weight: count)
    if let content {
      measured.add(content.name, content.loss, weight: count)
      loss = content.loss + content.gameWeight * loss
    }
    if let history = model.memory.generatorHistory {
      let parameters = context.learner("generator").parameters.map(\.parameter)
      loss = loss + objective.historicalAveraging * history.distance(of: parameters)
    }
    context.minimize(loss, "generator")
    model.memory.average?.follow(model.generator)
  }

  private func game(_ logits: Tensor) -> Tensor {
    switch objective.loss {
    case .crossEntropy: Loss.binaryCrossEntropy(logits: logits, Tensor(uniform: 1, shape: logits.shape, on: logits.device))
    case .leastSquares: 0.5 * Loss.meanSquaredError(logits, Tensor(uniform: 1, shape: logits.shape, on: logits.device))
    case .hinge, .wasserstein: -logits.mean()
    }
  }

  /// The squared distance of the batches' mean features.
  private func mismatch(_ features: Tensor, _ samples: Tensor, _ labels: Tensor?) -> Tensor {
    let real = withoutGradient { model.judge(samples, labels: labels).features.mean(axes: [0]) }
    return (features.mean(axes: [0]) - real).squared().sum()
  }
}
