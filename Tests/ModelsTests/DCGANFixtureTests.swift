import Backends
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

/// A step of every preset of the DCGAN, from the weights, images, latents and labels of `Tests/Fixtures/README.md`, against Keras
/// in float64: losses, weights, statistics, and slots, which are the gradients.
@Suite struct DCGANFixtureTests {
  /// The large one, which takes the greater part of a minute on some devices, once.
  private static let cases = fixture("dcgan-step").filter { $0.name != "published" || !TestDevices.areChosen }

  private func configuration(_ name: String) -> DCGAN.Configuration {
    switch name {
    case "published": return .published
    case "small": return .small
    default:
      // The small one's sizes, and what the default has of its own.
      let own = DCGAN.Configuration()
      var configuration = DCGAN.Configuration.small
      (configuration.objective, configuration.normalizesConvolutions) = (own.objective, own.normalizesConvolutions)
      return configuration
    }
  }

  @Test(arguments: TestDevices.withReference, cases)
  func step(device: TestDevice, expected: FixtureCase) throws {
    let device = try device.device(), isLarge = expected.name == "published", side = isLarge ? 64 : 32
    let model = DCGAN(configuration(expected.name), on: device, seed: 0)
    let parameters = model.generator.parameters + model.discriminator.parameters
    initialize(parameters)
    let learners = isLarge ? model.learners() : model.learners { Adam(learningRate: 2e-4, beta1: 0.5, epsilon: 1e-3) }
    let images = draw((77, 0), 3 * side * side * 3).map { 2 * $0 - 1 }
    let measured = try model.adversarialStep(
      Tensor(images, shape: [3, side, side, 3], on: device),
      noise: PhiloxNoise(latentShape: [100], first: isLarge ? 0 : 5, on: device), StepContext(learners))
    let penalty = expected.name == "smoothed" ? ["penalty"] : []
    try expectStep(
      measured, ["real", "generated"] + penalty + ["accuracy", "generator"], parameters: parameters, learners: learners, expected)
  }
}
