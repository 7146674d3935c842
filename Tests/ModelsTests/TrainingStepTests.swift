import Backends
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

/// Twenty training steps from the weights, images and noise of `Tests/Fixtures/README.md` against Keras'.
@Suite struct TrainingStepTests {
  /// Uniform in [0, 1), as the fixture's `draw`.
  private func draw(_ key: (UInt32, UInt32), _ count: Int) -> [Float] {
    let philox = Philox(key: SIMD2(key.0, key.1))
    return (0..<count).map { Philox.uniform(philox.block(UInt64($0 / 4))[$0 % 4]) }
  }

  private func images(step: Int) -> [Float] {
    let pixels = draw((77, UInt32(step)), 4 * 28 * 28)
    let corners = draw((78, UInt32(step)), 16)
    var images = [Float](repeating: 0, count: pixels.count)
    for image in 0..<4 {
      let numbers = (0..<4).map { Int(14 * corners[4 * image + $0]) }
      for row in numbers[0]..<numbers[0] + numbers[2] + 1 {
        for column in numbers[1]..<numbers[1] + numbers[3] + 1 {
          let index = (image * 28 + row) * 28 + column
          images[index] = 0.5 + 0.5 * pixels[index]
        }
      }
    }
    return images
  }

  /// Weights of the fixture, tensor by tensor in declaration order.
  private func initialize(_ parameters: [Parameter]) {
    for (position, parameter) in parameters.enumerated() where parameter.shape.rank > 1 {
      let shape = parameter.shape
      let receptive = shape.dimensions.dropLast(2).reduce(1, *)
      let limit = Float((6 / Double(receptive * (shape[-1] + shape[-2]))).squareRoot())
      let values = draw((1234, UInt32(position)), shape.count).map { (2 * $0 - 1) * limit }
      parameter.value = Tensor(values, shape: shape, on: parameter.value.device)
    }
  }

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
        parameters, gradients: gradients(of: losses.total, withRespectTo: parameters.map(\.value)))
      for (index, term) in losses.terms.enumerated() {
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
    let optimizer = Adam(learningRate: 5e-4, epsilon: expected.number("epsilon"))
    for step in 0..<20 {
      let batch = TensorBatch(images: Tensor(images(step: step), shape: [4, 28, 28, 1], on: device))
      let loss = try model.trainingStep(batch, optimizers: [optimizer]).total.scalar()
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
  func noOperationLeavesTheDevice(device: TestDevice) throws {
    // Of its own, so that no other test counts.
    let device = Device(try device.makeBackend())
    let model = VariationalAutoencoder(on: device, seed: 1)
    let batch = TensorBatch(images: Tensor(images(step: 0), shape: [4, 28, 28, 1], on: device))
    let optimizers = model.optimizers(learningRate: nil).map(\.optimizer)
    _ = try model.trainingStep(batch, optimizers: optimizers).total.scalar()
    let before = device.backend.statistics
    let losses = model.trainingStep(batch, optimizers: optimizers)
    let after = device.backend.statistics
    #expect(after.uploads == before.uploads, "a step reads nothing from the host")
    #expect(after.downloads == before.downloads, "a step gives nothing to the host")
    #expect(after.launches > before.launches)
    _ = try losses.total.scalar()
    #expect(device.backend.statistics.downloads == before.downloads + 1)
  }
}
