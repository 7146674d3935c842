import Backends
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

/// A step of both presets of the DCGAN that differ in their sizes, from the weights, images, latents and labels of
/// `Tests/Fixtures/README.md`, against Keras in float64: losses, weights, statistics, and slots, which are the gradients.
@Suite struct DCGANFixtureTests {
  /// The large one, which takes the greater part of a minute on some devices, once.
  private static let cases = fixture("dcgan-step").filter { $0.name == "small" || !TestDevices.areChosen }

  @Test(arguments: TestDevices.withReference, cases)
  func step(device: TestDevice, expected: FixtureCase) throws {
    let device = try device.device(), isSmall = expected.name == "small"
    let model = DCGAN(isSmall ? .small : .published, on: device, seed: 0), side = isSmall ? 32 : 64
    let parameters = model.generator.parameters + model.discriminator.parameters
    initialize(parameters)
    let learners = isSmall ? model.learners { Adam(learningRate: 2e-4, beta1: 0.5, epsilon: 1e-3) } : model.learners()
    let images = draw((77, 0), 3 * side * side * 3).map { 2 * $0 - 1 }
    let measured = try model.adversarialStep(
      Tensor(images, shape: [3, side, side, 3], on: device),
      noise: PhiloxNoise(latentShape: [100], first: isSmall ? 5 : 0, on: device), StepContext(learners))
    try expectStep(measured, ["real", "generated", "accuracy", "generator"], parameters: parameters, learners: learners, expected)
  }
}
