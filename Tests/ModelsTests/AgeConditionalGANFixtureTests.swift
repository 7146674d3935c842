import Backends
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

/// A step of each stage of the age-conditional GAN from the weights, images, latents and labels of `Tests/Fixtures/README.md`
/// against PyTorch in float64: losses, weights, statistics, and slots, which are the gradients.
@Suite struct AgeConditionalGANFixtureTests {
  @Test(arguments: TestDevices.withReference, fixture("age-cgan-step"))
  func step(device: TestDevice, expected: FixtureCase) throws {
    try compare(device, expected)
    // The stage behind one in which the game goes on does the same.
    if expected.name == "identity-encoder" { try compare(device, expected, encoderLearnsIn: .game) }
  }

  private func compare(
    _ device: TestDevice, _ expected: FixtureCase,
    encoderLearnsIn learners: AgeConditionalGAN.Configuration.IdentityLearners = .encoder
  ) throws {
    let device = try device.device()
    var configuration = AgeConditionalGAN.Configuration()
    (configuration.latentSize, configuration.dropoutRate) = (5, 0)
    (configuration.generatorUnits, configuration.generatorFilters) = (9, [8, 6, 4])
    (configuration.encoderUnits, configuration.encoderFilters) = (10, [3, 4, 5, 6])
    configuration.discriminatorFilters = [4, 5, 6, 7]
    if expected.name == "recognition" { configuration.faceWeights = AgeConditionalGAN.Configuration.ownFaceNetwork }
    if expected.name == "identity-encoder" { (configuration.identityLearners, configuration.pixelWeight) = (learners, 10) }
    if expected.name == "identity-game" { (configuration.identityLearners, configuration.pixelWeight) = (.game, 10) }
    if ["gan-mismatched", "identity-game"].contains(expected.name) { configuration.objective.mismatchedLabels = 0.25 }
    let model = AgeConditionalGAN(configuration, on: device, seed: 0)
    let parameters =
      model.recognizer?.layers.parameters
      ?? model.encoder.parameters + model.generator.parameters + model.discriminator.parameters
    initialize(parameters)
    model.faceFeatures = { $0.averagePooled(size: [16, 16], stride: [16, 16]).flattened() }
    let stage = try #require(model.stages().last { expected.name.hasPrefix($0.name) })
    for learner in stage.learners { learner.optimizer = Adam(learningRate: 2e-4, beta1: 0.5, epsilon: 1e-3) }
    let context = StepContext(stage.learners, stage: stage.name)
    func images(_ number: UInt32, _ count: Int) -> Tensor {
      Tensor(draw((77, number), count * 64 * 64 * 3).map { 2 * $0 - 1 }, shape: [count, 64, 64, 3], on: device)
    }
    let labels = Tensor([1, 4, 0], on: device), noise = PhiloxNoise(latentShape: [5], classes: [5, 2, 3], on: device)
    let measured =
      switch expected.name {
      case "gan", "gan-mismatched": try model.adversarialStep(images(0, 3), labels: labels, noise: noise, context)
      case "encoder": model.encoderStep(count: 3, noise: noise, context)
      case "recognition": try model.recognitionStep(images(1, 6), context)
      default: try model.identityStep(images(0, 3), labels: labels, noise: noise, context)
      }
    let names =
      switch expected.name {
      case "gan": ["real", "generated", "accuracy", "generator"]
      case "gan-mismatched": ["real", "generated", "mismatched", "accuracy", "generator"]
      case "recognition": ["loss", "accuracy"]
      case "identity-encoder": ["distance", "pixels"]
      case "identity-game": ["real", "generated", "mismatched", "accuracy", "generator", "distance", "pixels"]
      default: ["distance"]
      }
    try expectStep(measured, names, parameters: parameters, learners: stage.learners, expected)
  }
}
