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
    try expectNorms(model.parameters.map { ($0.name, $0.value) }, expected["parameterNorm"].scalars, tolerance: 1e-4)
    try expectSums(model.parameters.map(\.value), expected["parameterSum"].scalars, expected["parameterNorm"].scalars)
    for (learner, network) in zip(learners, ["discriminator", "generator"]) {
      let slots = try learner.checkpointState().tensors
      #expect(learner.name == network && slots.count == 2 * learner.parameters.count)
      try expectNorms(slots, expected["\(network)SlotNorm"].scalars, tolerance: 1e-4)
    }
  }

  /// The Euclidean norm of every tensor.
  private func expectNorms(_ tensors: [(name: String, value: Tensor)], _ norms: [Float], tolerance: Double) throws {
    #expect(norms.count == tensors.count)
    for ((name, tensor), norm) in zip(tensors, norms) {
      let actual = try tensor.scalars().reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(abs(actual - Double(norm)) <= tolerance * max(1e-9, Double(norm)), "\(name): \(actual), Keras \(norm)")
    }
  }

  /// Their sums, which see a sign that norms do not.
  private func expectSums(_ tensors: [Tensor], _ sums: [Float], _ norms: [Float]) throws {
    #expect(sums.count == tensors.count)
    for (index, tensor) in tensors.enumerated() {
      let actual = try tensor.scalars().reduce(0.0) { $0 + Double($1) }
      let tolerance = 1e-4 * Double(norms[index]) * Double(tensor.count).squareRoot()
      #expect(abs(actual - Double(sums[index])) <= tolerance + 1e-9, "tensor \(index): \(actual), Keras \(sums[index])")
    }
  }
}
