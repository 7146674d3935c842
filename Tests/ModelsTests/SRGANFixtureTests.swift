import Backends
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

/// One step of each stage of the super-resolution GAN from the weights and images of `Tests/Fixtures/README.md` against PyTorch
/// in float64: losses, weights, statistics, and slots, which are the gradients.
@Suite struct SRGANFixtureTests {
  /// On chosen devices `AdversarialStepTests` takes a small step: these layers have kernels of many sizes, which a compiler for
  /// graphics cards that runs on processors needs minutes for.
  private static let cases = TestDevices.areChosen ? [] : fixture("srgan-step")

  private func model(_ expected: FixtureCase, on device: Device) -> SRGAN {
    var configuration: SRGAN.Configuration = expected.integer("paper") == 1 ? .paper : .init()
    configuration.imageSize = [8, 8]
    configuration.scale = expected.integer("scale")
    configuration.residualBlocks = 2
    configuration.pixelLoss = expected.integer("absolute") == 1 ? .absolute : .squared
    let model = SRGAN(configuration, on: device, seed: 0)
    initialize(model.generator.parameters + model.discriminator.parameters)
    return model
  }

  /// The model's own learners, whose optimizers are told another epsilon.
  private func context(_ model: SRGAN, stage: Int, _ expected: FixtureCase) throws -> StepContext {
    let stage = model.stages()[stage]
    for learner in stage.learners {
      let own = try #require(learner.optimizer as? Adam)
      #expect(own.learningRate == expected.number("learningRate") && own.beta1 == expected.number("beta1"))
      learner.optimizer = Adam(learningRate: own.learningRate, beta1: own.beta1, epsilon: 1e-3)
    }
    return StepContext(stage.learners, stage: stage.name)
  }

  private func images(_ expected: FixtureCase, on device: Device) -> (small: Tensor, large: Tensor) {
    func images(_ key: UInt32, _ side: Int) -> Tensor {
      Tensor(draw((key, 0), 2 * side * side * 3).map { 2 * $0 - 1 }, shape: [2, side, side, 3], on: device)
    }
    return (images(77, 8), images(78, 8 * expected.integer("scale")))
  }

  private func expectLosses(_ names: [String], _ measured: Measurements, _ wanted: FixtureCase.Values) throws {
    for (name, wanted) in zip(names, wanted.scalars) {
      let value = try #require(measured[name]).scalar()
      #expect(abs(value - wanted) <= 1e-4 * abs(wanted), "\(name): \(value), PyTorch \(wanted)")
    }
  }

  @Test(arguments: TestDevices.withReference, cases) func pretrain(device: TestDevice, expected: FixtureCase) throws {
    let device = try device.device(), model = model(expected, on: device), context = try context(model, stage: 0, expected)
    let (small, large) = images(expected, on: device)
    try expectLosses(["loss"], model.pixelStep(small: small, large: large, context), expected["pretrainLosses"])
    try expectDigest(
      of: model.generator.parameters.map(\.value), norms: expected["pretrainNorm"], sums: expected["pretrainSum"],
      negligible: 1e-5, vectorTolerance: 1e-3)
    try expectDigest(
      of: context.learners[0].checkpointState().tensors.map(\.value), norms: expected["pretrainSlotNorm"], negligible: 1e-5,
      vectorTolerance: 1e-3)
  }

  @Test(arguments: TestDevices.withReference, cases) func adversarial(device: TestDevice, expected: FixtureCase) throws {
    let device = try device.device(), model = model(expected, on: device), context = try context(model, stage: 1, expected)
    let (small, large) = images(expected, on: device)
    try expectLosses(
      ["real", "generated", "accuracy", "generator", "content"],
      model.adversarialStep(small: small, large: large, context), expected["losses"])
    let parameters = model.generator.parameters + model.discriminator.parameters
    try expectDigest(
      of: parameters.map(\.value), norms: expected["parameterNorm"], sums: expected["parameterSum"], negligible: 1e-5,
      vectorTolerance: 1e-3)
    for learner in context.learners {
      try expectDigest(
        of: learner.checkpointState().tensors.map(\.value), norms: expected["\(learner.name)SlotNorm"], negligible: 1e-5,
        vectorTolerance: 1e-3)
    }
  }
}
