import Backbones
import Backends
import Datasets
import Faces
import Foundation
import Layers
import Pictures
import Tensors

/// What a game draws that is played for given faces, too: half of the latents are theirs.
private struct FacesNoise: AdversarialNoise {
  let model: AgeConditionalGAN, images: Tensor, drawn: any AdversarialNoise

  func latents(_ count: Int) -> Tensor {
    let half = count / 2
    guard half > 0 else { return drawn.latents(count) }
    let found = model.encoder.evaluating { withoutGradient { model.encode(images.sliced(0..<half)) } }
    return .concatenate([found, drawn.latents(count - half)], axis: 0)
  }

  func classes(_ count: Int) -> Tensor? { drawn.classes(count) }
  func uniform(_ shape: Shape) -> Tensor { drawn.uniform(shape) }
}

// MARK: - The recipe, in stages

extension AgeConditionalGAN {
  public var inputs: [Field] { [Field("image", shape: sampleShape, range: -1...1), Field("label", shape: [])] }

  /// `gan`: both networks, on faces and their age groups, 500 epochs as published. `encoder`: the encoder, on faces that the
  /// generator makes of known latents. `recognition`, if the model is to have a face network of its own: that network, on drawn
  /// people. `identity`: the encoder, and whoever else is to, so that a face made anew is still the same person's.
  /// `identity-encoder`, if the game went on in that: the encoder alone, with the generator as it is by then.
  public func stages() -> [Stage] {
    func adam(_ learningRate: Float = 2e-4) -> Optimizer {
      configuration.optimizer.make { Adam(learningRate: learningRate, beta1: 0.5) }
    }
    func stage(_ name: String, epochs: Int, steps: Int = 1, _ learners: [Learner]) -> Stage {
      Stage(
        name, length: .epochs(epochs), batchSize: Self.batchSize, batchesPerStep: steps, learners: learners,
        checkpointEvery: .minutes(10))
    }
    let recognition = recognizer.map {
      Stage(
        "recognition", length: .iterations(3000), batchSize: Self.batchSize,
        learners: [Learner("recognition", Adam(learningRate: 1e-3), $0, of: self)], recordEvery: .steps(100), sampleEvery: .never,
        checkpointEvery: .minutes(10))
    }
    // Those of the first stage go on where they stopped.
    let game = learners(), encoderOfIdentity = Learner("identity", adam(), encoder, of: self)
    let identity: [Learner] =
      switch configuration.identityLearners {
      case .both: [Learner("identity", adam(), encoder, generator, of: self)]
      case .encoder: [encoderOfIdentity]
      case .game:
        game + [
          encoderOfIdentity,
          // Slowly: the game must keep up.
          Learner("identity-generator", adam(5e-5), generator, of: self),
        ]
      }
    return [
      stage("gan", epochs: 500, steps: configuration.objective.discriminatorSteps, game),
      stage("encoder", epochs: 100, [Learner("encoder", adam(), encoder, of: self)]),
      recognition,
      stage("identity", epochs: 100, identity),
      configuration.identityLearners == .game ? stage("identity-encoder", epochs: 40, [encoderOfIdentity]) : nil,
    ].compactMap { $0 }
  }

  public func step(_ batch: Batch, _ context: StepContext) throws -> Measurements {
    switch context.stage {
    case "encoder": return encoderStep(count: batch.count, context)
    case "recognition":
      return try recognitionStep(
        FaceRecognizer.people(Self.pairs(in: batch), of: .training, using: random, on: device), context)
    case "identity", "identity-encoder": return try identityStep(batch["image"], labels: batch["label"], context)
    default: return try adversarialStep(batch["image"], labels: batch["label"], context)
    }
  }

  /// As many pictures as the batch has; of two people at least, as one alone cannot be mistaken.
  private static func pairs(in batch: Batch) -> Int { max(2, batch.count / 2) }

  /// One step of the encoder on faces that the sampler, in evaluation mode, makes of latents and ages drawn at random.
  ///
  /// - Parameter noise: What is drawn; from the model's `random` if nil.
  /// - Returns: `distance`, of the latents and those that the encoder finds: the mean of `√(Σ (z − ẑ)² + 1e-8)`.
  public func encoderStep(count: Int, noise: (any AdversarialNoise)? = nil, _ context: StepContext) -> Measurements {
    let latents = noise?.latents(count) ?? trainingLatents(count, using: random)
    let labels = noise?.classes(count) ?? randomLabels(count)
    let images = sampler.evaluating { withoutGradient { generate(latents, labels: labels, by: sampler) } }
    let loss = Self.distance(encoder(images), latents)
    context.minimize(loss, "encoder")
    return Measurements(["distance": loss])
  }

  /// One step of the encoder, and of the generator if it is to learn too, on faces and their age groups; before it one of the
  /// game, if that goes on. In the stage `identity-encoder` the encoder learns alone. A generator that does not learn is the
  /// sampler, in evaluation mode.
  ///
  /// - Parameter noise: What the game draws; from the model's `random` if nil.
  /// - Returns: `distance`, of the embeddings of faces and of what is made of their latents; and of their `pixels`, if they
  ///   count; and what the game measures.
  /// - Throws: `ConfigurationError` without a face network that has learnt.
  public func identityStep(
    _ images: Tensor, labels: Tensor, noise: (any AdversarialNoise)? = nil, _ context: StepContext
  ) throws -> Measurements {
    let wanted = try withoutGradient { try embedding(images) }
    let learning = context.stage == "identity-encoder" ? .encoder : configuration.identityLearners
    var measured = Measurements()
    if learning == .game {
      let noise = FacesNoise(model: self, images: images, drawn: noise ?? ModelNoise(model: self))
      for entry in try adversarialStep(images, labels: labels, noise: noise, context).entries {
        measured.add(entry.name, entry.value, weight: entry.weight)
      }
    }
    let latents = encoder(images), learns = learning != .encoder
    let made =
      learns ? generate(latents, labels: labels) : sampler.evaluating { generate(latents, labels: labels, by: sampler) }
    let distance = Self.distance(try embedding(made), wanted)
    measured.add("distance", distance, weight: images.shape[0])
    var loss = distance
    if configuration.pixelWeight > 0 {
      let pixels = Loss.meanSquaredError(made, images)
      measured.add("pixels", pixels, weight: images.shape[0])
      loss = loss + configuration.pixelWeight * pixels
    }
    if learning == .game {
      context.minimize(loss, "identity", "identity-generator")
    } else {
      context.minimize(loss, "identity")
    }
    // The game has seen to it.
    if learning == .both { memory.average?.follow(generator) }
    return measured
  }

  /// The mean length of the differences. What is added keeps the slope finite where there is none.
  private static func distance(_ left: Tensor, _ right: Tensor) -> Tensor {
    ((left - right).squared().sum(axes: [1]) + 1e-8).squareRoot().mean()
  }

  /// The embeddings' `distance` of held faces, once encoder and face network have learnt; how well drawn people are told apart, in
  /// the stage `recognition`; nothing before.
  public func evaluate(_ batch: Batch, in stage: Stage, using generator: RandomGenerator) -> Measurements? {
    if stage.name == "recognition" { return recognitionMeasurements(pairs: Self.pairs(in: batch), using: generator) }
    let hasLearnt = stage.name.hasPrefix("identity") || (stage.name == "encoder" && recognizer == nil)
    guard hasLearnt, let faceFeatures else { return nil }
    return evaluating {
      withoutGradient {
        let images = batch["image"], made = generate(encode(images), labels: batch["label"], by: sampler)
        return Measurements(["distance": Self.distance(faceFeatures(made), faceFeatures(images))])
      }
    }
  }

  // MARK: Samples

  /// Of a latent and the one-hot age group behind it.
  public var latentShape: [Int] { [configuration.latentSize + configuration.classes] }

  /// Latents, each with its age group: the groups in turn, so that neighbours are of all ages.
  public func drawLatents(_ count: Int, using generator: RandomGenerator) -> Tensor {
    drawLatents(count, using: generator) { $0 % configuration.classes }
  }

  /// Latents, each with its age group.
  ///
  /// - Parameter group: Of the latent of that number; in `0..<classes`.
  public func drawLatents(_ count: Int, using generator: RandomGenerator, group: (Int) -> Int) -> Tensor {
    let groups = Tensor((0..<count).map { Float(group($0)) }, shape: [count], on: device)
    return .concatenate([trainingLatents(count, using: generator), groups.oneHot(classes: configuration.classes)])
  }

  public func decode(_ latents: Tensor) -> Tensor { sampler(latents) }

  /// Of the same age group.
  public func conditioned(_ latent: [Float], like other: [Float]) -> [Float] {
    Array(latent.prefix(configuration.latentSize)) + other.suffix(configuration.classes)
  }

  /// Rows of eight latents at every age.
  public func overview(_ noise: FixedNoise, scale: Int?) throws -> Picture {
    let drawn = try ages(of: trainingLatents(8, using: noise.generator), batchSize: noise.batchSize)
    return grid(drawn, columns: configuration.classes, scale: scale ?? 1).withColumnNames(groupNames)
  }

  /// Eight latents at every age; and, once the encoder learns, held faces at every age.
  public func samples(_ noise: FixedNoise, of held: (any Dataset)?, in stage: Stage) throws -> [Sample] {
    var samples = [Sample("samples", try overview(noise, scale: nil))]
    // An encoder that has learnt nothing yet has nothing to show.
    if stage.name != "gan", let held {
      let count = min(8, held.count), batch = try held.batch(0..<count, of: inputs)
      let values = batch.arrays["image"]!.values
      let latents = try encoded(values, batchSize: noise.batchSize)
      samples.append(
        Sample(
          "ages", try strip(of: values, latents: latents, labels: batch.arrays["label"]!.values, batchSize: noise.batchSize)))
    }
    return samples
  }

  /// Faces in rows: each as it is, made anew at its own age, and at every age.
  ///
  /// - Parameters:
  ///   - images: `[N, 64, 64, 3]` in [−1, 1], row-major.
  ///   - latents: What stands for them, `[N, latentSize]`.
  ///   - labels: Age groups, one a face.
  public func strip(of images: [Float], latents: Tensor, labels: [Float], batchSize: Int) throws -> Picture {
    let size = sampleShape.reduce(1, *), classes = configuration.classes
    let made = try ages(of: latents, batchSize: batchSize)
    let tiles = labels.enumerated().flatMap { face, group -> [Float] in
      func aged(_ group: Int) -> ArraySlice<Float> {
        let start = (face * classes + group) * size
        return made[start..<start + size]
      }
      return images[face * size..<(face + 1) * size] + aged(Int(group)) + (0..<classes).flatMap { aged($0) }
    }
    return grid(tiles, columns: 2 + classes).withColumnNames(["face", "anew"] + groupNames)
  }

  /// Of each image, the age group of the face that is nearest to it among those of its latent at every age.
  public func nearestGroups(to images: [Float], latents: Tensor, batchSize: Int) throws -> [Float] {
    let size = sampleShape.reduce(1, *), classes = configuration.classes
    let made = try ages(of: latents, batchSize: batchSize)
    return (0..<images.count / size).map { face in
      let image = images[face * size..<(face + 1) * size]
      let errors = (0..<classes).map { group -> Float in
        let start = (face * classes + group) * size
        return zip(made[start..<start + size], image).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }
      return Float(errors.indices.min { errors[$0] < errors[$1] }!)
    }
  }

  private var groupNames: [String] {
    (0..<configuration.classes).map { configuration.classes == 6 ? AgeGroup(rawValue: $0)!.name : "\($0)" }
  }

  /// Every latent at every age, a latent's faces one after the other.
  private func ages(of latents: Tensor, batchSize: Int) throws -> [Float] {
    let count = latents.shape[0], classes = configuration.classes, step = max(1, batchSize / classes)
    return try stride(from: 0, to: count, by: step).flatMap { start -> [Float] in
      let rows = latents.sliced(start..<min(count, start + step)), number = rows.shape[0]
      let repeated = rows.reshaped(to: [number, 1, configuration.latentSize])
        .broadcast(to: [number, classes, configuration.latentSize]).reshaped(to: [number * classes, configuration.latentSize])
      let labels = Tensor((0..<number * classes).map { Float($0 % classes) }, shape: [number * classes], on: device)
      return try evaluating { try withoutGradient { try generate(repeated, labels: labels, by: sampler).scalars() } }
    }
  }

  private func grid(_ values: [Float], columns: Int, scale: Int = 1) -> Picture {
    let size = sampleShape.reduce(1, *), shape = Shape([values.count / size] + sampleShape)
    return .grid((-1...1).movedToUnit(values), shape: shape, columns: columns, scale: scale)
  }
}
