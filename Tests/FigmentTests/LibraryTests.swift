import Figment
import Foundation
import TestSupport
import Testing

/// The library as the README shows it, on images small enough for a test.
@Suite struct LibraryTests {
  @Test func twentyLinesTrainAModelAndDrawItsManifold() throws {
    let folder = try TemporaryFolder()
    let device = Device.automatic()
    let data = ImageDataset(
      pixels: (0..<16 * 64).map { UInt8($0 % 251) }, imageShape: [8, 8, 1], labels: (0..<16).map { $0 % 2 })
    let model = VariationalAutoencoder(.init(imageShape: [8, 8, 1], latentSize: 2), on: device, seed: 7)
    let trainer = Trainer(model, optimizer: RMSProp(learningRate: 1e-3))
    try trainer.fit(data, validation: data, epochs: 2, batchSize: 4, callbacks: [.earlyStopping(patience: 2)])
    #expect(trainer.progress.epoch == 2 && trainer.progress.step == 8)

    let file = folder("manifold.png")
    try model.manifold(side: 15).write(to: file)
    let picture = try Picture(contentsOf: file)
    #expect(picture.width > 15 * 8 * 4 && picture.height > 15 * 8 * 4, "a grid, enlarged, and its axes")
    #expect(Set(picture.pixels).count > 2, "a picture of something")
  }

  @Test func gradientsOfGradients() throws {
    let x = Tensor([1, 2, 3], on: .cpu()).tracked()
    let y = (x.squared() * x.sin()).sum()
    let slope = gradients(of: y, withRespectTo: [x], createsGraph: true)[0]
    let curvature = gradients(of: slope.sum(), withRespectTo: [x])[0]
    for (value, x) in zip(try curvature.scalars(), [1.0, 2.0, 3.0]) {
      // (x² sin x)″ = 2 sin x + 4x cos x − x² sin x
      let expected = 2 * sin(x) + 4 * x * cos(x) - x * x * sin(x)
      #expect(abs(Double(value) - expected) < 1e-4)
    }
  }

  @Test func devicesAreFoundByName() throws {
    #expect(try DeviceSelection.named("cpu").device.identifier == "cpu")
    #expect(try DeviceSelection.named("reference").device.identifier == "reference")
    #expect(try DeviceSelection.named("opencl").device.identifier == "opencl:0")
    for name in ["", "CPU", "opencl:", "opencl:-1", "opencl:x", "cuda"] {
      #expect(throws: DeviceNameError.self, "“\(name)”") { try DeviceSelection.named(name) }
    }
    #expect(throws: OpenCLError.self) { try DeviceSelection.named("opencl:97") }
  }

  @Test func automaticTakesAnyOpenCLDeviceWhenTold() {
    let selection = DeviceSelection.automatic(considersEveryKind: true)
    #expect(selection.device.identifier.hasPrefix("opencl:"), "\(selection.warnings)")
    #expect(selection.warnings.isEmpty)
  }
}
