import Backends
import Datasets
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

/// Twenty training steps from the weights, images and noise of `Tests/Fixtures/README.md` against Keras'.
@Suite struct TrainingStepTests {
  @Test(arguments: TestDevices.withReference, ["log-deviation", "half-log-variance"])
  func variationalAutoencoder(device: TestDevice, name: String) throws {
    let expected = try #require(fixture("vae-steps").first { $0.name == name })
    let device = try device.device()
    let model = VariationalAutoencoder(
      .init(sampler: name == "log-deviation" ? .original : .corrected), on: device, seed: 0)
    initialize(model.parameters)
    let optimizer = RMSProp()
    for step in 0..<20 {
      let batch = Tensor(images(step: step), shape: [4, 28, 28, 1], on: device)
      let noise = Tensor(draw((99, UInt32(step)), 8).map { (2 * $0 - 1) * 1.7 }, shape: [4, 2], on: device)
      let losses = model.losses(batch, noise: noise)
      let parameters = model.trainableParameters
      optimizer.update(
        parameters, gradients: gradients(of: losses.loss, withRespectTo: parameters.map(\.value)))
      for (index, term) in losses.parts.entries.enumerated() {
        let value = try term.value.scalar(), wanted = expected["losses"].scalars[3 * step + index]
        #expect(abs(value - wanted) <= 1e-4 * abs(wanted), "step \(step), \(term.name): \(value), Keras \(wanted)")
      }
    }
    try expectParameters(model.parameters, expected, tolerance: 1e-4)
  }

  @Test(arguments: TestDevices.withReference, ["plain", "batch-norm-large-epsilon"])
  func autoencoder(device: TestDevice, name: String) throws {
    let expected = try #require(fixture("autoencoder-steps").first { $0.name == name })
    let device = try device.device()
    var configuration = ConvolutionalAutoencoder.Configuration()
    configuration.useBatchNorm = name != "plain"
    let model = ConvolutionalAutoencoder(configuration, on: device, seed: 0)
    let networks = model.encoder.parameters + model.decoder.parameters
    initialize(networks)
    let learners = model.stages()[0].learners
    learners[0].optimizer = Adam(learningRate: 5e-4, epsilon: expected.number("epsilon"))
    for step in 0..<20 {
      let batch = Batch(["image": Tensor(images(step: step), shape: [4, 28, 28, 1], on: device)])
      let loss = try model.step(batch, StepContext(learners))["loss"]!.scalar()
      let wanted = expected["losses"].scalars[step]
      #expect(abs(loss - wanted) <= 1e-4 * abs(wanted), "step \(step): \(loss), Keras \(wanted)")
    }
    try expectParameters(networks, expected, tolerance: name == "plain" ? 1e-3 : 2e-3)
  }

  /// The Euclidean norm of every tensor after the last step.
  private func expectParameters(_ parameters: [Parameter], _ expected: FixtureCase, tolerance: Double) throws {
    let norms = expected["parameterNorm"].scalars
    #expect(norms.count == parameters.count)
    for (parameter, norm) in zip(parameters, norms) {
      let actual = try parameter.value.scalars().reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(
        abs(actual - Double(norm)) <= tolerance * max(1e-2, Double(norm)), "\(parameter.name): \(actual), \(norm)")
    }
  }

  @Test(arguments: TestDevices.all)
  func severalStoragesAreReadAtOnce(device: TestDevice) throws {
    let backend = try device.makeBackend()
    let storages = [[1, 2, 3], [], [4], [5, 6]].map { (values: [Float]) in
      values.withUnsafeBufferPointer { backend.upload($0) }
    }
    var values = [Float](repeating: .nan, count: 9)
    try values.withUnsafeMutableBufferPointer { try backend.download(storages + [storages[0]], into: $0) }
    #expect(values == [1, 2, 3, 4, 5, 6, 1, 2, 3])
    #expect(backend.statistics.downloads == 1)
  }

  @Test(arguments: TestDevices.all)
  func noOperationLeavesTheDevice(device: TestDevice) throws {
    // Of its own, so that no other test counts.
    let device = Device(try device.makeBackend())
    let model = VariationalAutoencoder(on: device, seed: 1)
    let batch = Batch(["image": Tensor(images(step: 0), shape: [4, 28, 28, 1], on: device)])
    let context = StepContext(model.stages()[0].learners)
    _ = try model.step(batch, context)["loss"]!.scalar()
    let before = device.backend.statistics
    let losses = model.step(batch, context)
    let after = device.backend.statistics
    #expect(after.uploads == before.uploads, "a step reads nothing from the host")
    #expect(after.downloads == before.downloads, "a step gives nothing to the host")
    #expect(after.launches > before.launches)
    _ = try losses["loss"]!.scalar()
    #expect(device.backend.statistics.downloads == before.downloads + 1)
  }
}
