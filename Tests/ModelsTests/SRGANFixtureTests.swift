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

  private func model(_ expected: FixtureCase, on device: Device) throws -> SRGAN {
    var configuration = try #require(SRGAN.presets.first { $0.name == expected.text("preset") }).configuration
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
    let rate = expected.numbers("learningRates")[stage], stage = model.stages()[stage]
    for learner in stage.learners {
      let own = try #require(learner.optimizer as? Adam)
      #expect(own.learningRate == rate && own.beta1 == expected.number("beta1"))
      learner.optimizer = Adam(learningRate: own.learningRate, beta1: own.beta1, epsilon: 1e-3)
    }
    return StepContext(stage.learners, stage: stage.name)
  }

  private func images(_ expected: FixtureCase, on device: Device) -> (small: Tensor, large: Tensor) {
    func images(_ key: UInt32, _ side: Int) -> Tensor {
      Tensor(draw((key, 0), 2 * side * side * 3).map { 2 * $0 - 1 }, shape: [2, side, side, 3], on: device)
    }
    let key = UInt32(expected.integer("key"))
    return (images(key, 8), images(key + 1, 8 * expected.integer("scale")))
  }

  @Test(arguments: TestDevices.withReference, cases) func pretrain(device: TestDevice, expected: FixtureCase) throws {
    let device = try device.device(), model = try model(expected, on: device), context = try context(model, stage: 0, expected)
    let (small, large) = images(expected, on: device)
    try expectStep(
      model.pixelStep(small: small, large: large, context), ["loss"], parameters: model.generator.parameters,
      learners: context.learners, expected, stage: "pretrain")
  }

  @Test(arguments: TestDevices.withReference, cases) func adversarial(device: TestDevice, expected: FixtureCase) throws {
    let device = try device.device(), model = try model(expected, on: device), context = try context(model, stage: 1, expected)
    let (small, large) = images(expected, on: device)
    try expectStep(
      model.adversarialStep(small: small, large: large, context), ["real", "generated", "accuracy", "generator", "content"],
      parameters: model.generator.parameters + model.discriminator.parameters, learners: context.learners, expected)
  }

  @Test func stagesHaveRatesOfTheirOwn() throws {
    func rates(_ configuration: SRGAN.Configuration) throws -> [[Float]] {
      try SRGAN(configuration, on: TestDevice.reference.device(), seed: 1).stages().map {
        $0.learners.map(\.optimizer.learningRate)
      }
    }
    var pixels = SRGAN.Configuration.small
    pixels.contentNetwork = .pixels
    #expect(try rates(pixels) == [[5e-4], [1e-4, 1e-4]])
    pixels.pretrainingLearningRate = nil
    #expect(try rates(pixels) == [[1e-4], [1e-4, 1e-4]])
    pixels.pretrainingLearningRate = 0
    let error = #expect(throws: ConfigurationError.self) { try pixels.validate() }
    #expect(error?.description.contains("pretrainingLearningRate") == true)
  }
}
