import Backends
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

/// A step of the 3D-GAN from the weights, volumes, latents and uniform numbers of `Tests/Fixtures/README.md` against PyTorch
/// in float64: losses, weights, statistics, and slots, which are the gradients.
@Suite struct VoxelGANFixtureTests {
  /// The large one takes minutes on the reference, which runs it where it is the only device that was chosen; on other chosen
  /// devices the tiny ones do, for which few kernels are compiled.
  private static func runs(_ expected: FixtureCase, on device: TestDevice) -> Bool {
    let isReference = device.description == TestDevice.reference.description
    if TestDevices.areChosen, !isReference { return expected.name == "original" || expected.name == "penalties" }
    return expected.name != "published" || TestDevices.areChosen || !isReference
  }

  @Test(
    arguments: TestDevices.withReference.flatMap { device in fixture("gan3d-step").map { (device, $0) } }.filter {
      runs($0.1, on: $0.0)
    })
  func step(device: TestDevice, expected: FixtureCase) throws {
    let device = try device.device(), count = expected.integer("batch"), latentSize = expected.integer("latents")
    var configuration = VoxelGAN.Configuration()
    configuration.filters = expected.numbers("filters").map { Int($0) }
    configuration.latentSize = latentSize
    configuration.normalization = NetworkNormalization(rawValue: expected.text("normalization"))!
    configuration.discriminatorNormalization = configuration.normalization
    configuration.normalizesOutputs = expected.integer("normalizesOutputs") == 1
    configuration.objective.gradientPenalty = expected.number("penalty")
    configuration.objective.r1 = expected.number("r1")
    let model = VoxelGAN(configuration, on: device, seed: 0)
    let parameters = model.generator.parameters + model.discriminator.parameters
    initialize(parameters)
    let learners = model.learners { Adam(beta1: 0.5, epsilon: 1e-3) }
    for (learner, rate) in zip(learners, expected.numbers("rates")) { learner.baseLearningRate = rate }
    let shape = Shape([count] + model.sampleShape)
    let measured = try model.adversarialStep(
      Tensor(draw((77, 0), shape.count), shape: shape, on: device),
      noise: PhiloxNoise(latentShape: model.latentShape, on: device), StepContext(learners))
    let names = ["real", "generated"] + (expected.number("penalty") > 0 ? ["penalty"] : []) + ["accuracy", "generator"]
    try expectStep(measured, names, parameters: parameters, learners: learners, expected)
  }
}
