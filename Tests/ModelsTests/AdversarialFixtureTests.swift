import Backends
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

/// Twenty steps of both presets of the dense GAN from the weights, images and latents of `Tests/Fixtures/README.md`
/// against Keras in float64: losses, weights, statistics, and the optimizers' memory of both networks.
@Suite struct AdversarialFixtureTests {
  @Test(arguments: TestDevices.withReference, ["published", "vanilla"])
  func denseGAN(device: TestDevice, name: String) throws {
    let expected = try #require(fixture("gan-steps").first { $0.name == name })
    let device = try device.device()
    let model = DenseGAN(name == "vanilla" ? .vanilla : .init(), on: device, seed: 0)
    initialize(model.parameters)
    let learners = model.stages()[0].learners, context = StepContext(learners)
    for step in 0..<20 {
      let real = Tensor(images(step: step).map { 2 * $0 - 1 }, shape: [4, 28, 28, 1], on: device)
      let latents = [UInt32(99), 100].map { key in
        Tensor(draw((key, UInt32(step)), 400).map { (2 * $0 - 1) * 1.7 }, shape: [4, 100], on: device)
      }
      let measured = try model.adversarialStep(real, noise: GivenNoise(latents: latents), context)
      for (index, entry) in measured.entries.enumerated() {
        let value = try entry.value.scalar(), wanted = expected["losses"].scalars[4 * step + index]
        #expect(abs(value - wanted) <= 1e-4 * abs(wanted), "step \(step), \(entry.name): \(value), Keras \(wanted)")
      }
    }
    try expectDigest(
      of: model.parameters.map(\.value), norms: expected["parameterNorm"], sums: expected["parameterSum"])
    for (learner, network) in zip(learners, ["discriminator", "generator"]) {
      let slots = try learner.checkpointState().tensors
      #expect(learner.name == network && slots.count == 2 * learner.parameters.count)
      try expectDigest(of: slots.map(\.value), norms: expected["\(network)SlotNorm"])
    }
  }
}
