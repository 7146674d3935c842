import Backends
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

/// The step of two networks: who learns from what, and that every device takes the same one.
@Suite struct AdversarialStepTests {
  private static let tinyGAN: DenseGAN.Configuration = {
    var configuration = DenseGAN.Configuration()
    configuration.imageShape = [5, 4, 1]
    configuration.latentSize = 3
    configuration.generatorUnits = [7, 11]
    configuration.discriminatorUnits = [8]
    return configuration
  }()

  private static let tinyVoxels: VoxelGAN.Configuration = {
    var configuration = VoxelGAN.Configuration()
    configuration.latentSize = 5
    configuration.filters = [6, 4]
    return configuration
  }()

  private func values(_ module: Module) throws -> [[Float]] {
    try module.trainableParameters.map { try $0.value.scalars() }
  }

  @Test func eachLearnerMovesItsOwnNetworkOnly() throws {
    let device = try TestDevice.reference.device()
    for (moving, resting) in [(0, 1), (1, 0)] {
      let model = DenseGAN(Self.tinyGAN, on: device, seed: 3)
      let before = [try values(model.discriminator), try values(model.generator)]
      let learners = model.learners { SGD(learningRate: 0) }
      learners[moving].baseLearningRate = 0.1
      let samples = Tensor.randomUniform([4, 5, 4, 1], low: -1, using: RandomGenerator(seed: 4), on: device)
      _ = try model.adversarialStep(samples, StepContext(learners))
      let after = [try values(model.discriminator), try values(model.generator)]
      #expect(after[moving] != before[moving])
      #expect(after[resting] == before[resting])
    }
  }

  @Test func discriminatorLearnsToTellAndTheGeneratorToFool() throws {
    let device = try TestDevice.reference.device()
    func losses(rates: [Float]) throws -> (first: [Float], last: [Float]) {
      let model = DenseGAN(Self.tinyGAN, on: device, seed: 5)
      let learners = model.learners { Adam(beta1: 0.5) }
      for (learner, rate) in zip(learners, rates) { learner.baseLearningRate = rate }
      let context = StepContext(learners)
      let samples = Tensor.randomUniform([16, 5, 4, 1], low: 0.5, using: RandomGenerator(seed: 6), on: device)
      let steps = try (0..<60).map { _ in
        let measured = try model.adversarialStep(samples, context)
        return try ["real", "generated", "generator"].map { try measured[$0]!.scalar() }
      }
      return (steps[0], steps.last!)
    }
    let discriminator = try losses(rates: [1e-2, 0])
    #expect(discriminator.last[0] + discriminator.last[1] < 0.5 * (discriminator.first[0] + discriminator.first[1]))
    let generator = try losses(rates: [0, 1e-2])
    #expect(generator.last[2] < 0.7 * generator.first[2])
  }

  @Test(arguments: TestDevices.all) func devicesTakeTheSameSteps(test: TestDevice) throws {
    func gan(_ device: Device) throws -> [Float] {
      let model = DenseGAN(Self.tinyGAN, on: device, seed: 7)
      return try threeSteps(of: model, on: device)
    }
    func voxels(_ device: Device) throws -> [Float] {
      try threeSteps(of: VoxelGAN(Self.tinyVoxels, on: device, seed: 7), on: device)
    }
    func superResolution(_ device: Device) throws -> [Float] {
      var configuration = SRGAN.Configuration()
      configuration.imageSize = [4, 8]
      configuration.residualBlocks = 1
      let model = SRGAN(configuration, on: device, seed: 7)
      let random = RandomGenerator(seed: 8)
      let small = Tensor.randomUniform([1, 4, 8, 3], low: -1, using: random, on: device)
      let large = Tensor.randomUniform([1, 16, 32, 3], low: -1, using: random, on: device)
      // A small rate: Adam's first steps have the gradients' signs, which differ where these are almost 0.
      let learners = model.stages().flatMap(\.learners)
      for learner in learners { learner.optimizer = SGD(learningRate: 1e-3) }
      let context = StepContext(learners)
      let measured = [
        try model.adversarialStep(small: small, large: large, context), model.pixelStep(small: small, large: large, context),
      ]
      return try measured.flatMap(\.entries).map { try $0.value.scalar() }
    }
    for (name, run) in [("gan", gan), ("gan3d", voxels), ("srgan", superResolution)] {
      expectClose(
        try run(try test.device()), try run(try TestDevice.reference.device()), tolerance: 1e-3, floor: 1, name)
    }
  }

  /// The share of both kinds of samples that are taken for what they are.
  @Test func accuracyCountsBothKinds() throws {
    let device = try TestDevice.reference.device()
    let model = DenseGAN(Self.tinyGAN, on: device, seed: 5)
    let samples = Tensor.randomUniform([8, 5, 4, 1], low: 0.5, using: RandomGenerator(seed: 6), on: device)
    let latents = model.drawLatents(8, using: RandomGenerator(seed: 9))
    let logits = try [
      model.discriminate(samples), withoutGradient { model.discriminate(model.generate(latents)) },
    ].map { try $0.scalars() }
    let right = logits[0].count { $0 > 0 } + logits[1].count { $0 <= 0 }
    let measured = try model.adversarialStep(
      samples, noise: GivenNoise(latents: [latents, latents]), StepContext(model.learners { SGD(learningRate: 0) }))
    #expect(try measured["accuracy"]!.scalar() == Float(right) / 16)
  }

  private func threeSteps<Model: AdversarialModel>(of model: Model, on device: Device) throws -> [Float] {
    let samples = Tensor.randomUniform(
      Shape([3] + model.sampleShape), using: RandomGenerator(seed: 8), on: device)
    let context = StepContext(model.learners { SGD(learningRate: 1e-2) })
    return try (0..<3).flatMap { _ in
      try model.adversarialStep(samples, context).entries.map { try $0.value.scalar() }
    }
  }
}
