import Figment
import Foundation
import TestSupport
import Testing

/// What `auto` makes of the devices that are here. `make test-cards` runs this on a device that says it is a graphics card.
@Suite(.serialized) struct CardTests {
  private static let hasCard = OpenCLBackend.devices().devices.contains { $0.kind == .gpu }

  private func configuration(_ change: (inout OpenCLConfiguration) -> Void) -> OpenCLConfiguration {
    var configuration = OpenCLConfiguration()
    change(&configuration)
    return configuration
  }

  @Test func aCardWhoseKernelsAreMiscompiledIsPassedOver() {
    let selection = DeviceSelection.automatic(considersEveryKind: true) { _ in
      configuration { ($0.cache, $0.expandSource) = (.none, OpenCLConfiguration.miscompilingProducts) }
    }
    #expect(selection.device.identifier == "cpu" && selection.reason.contains("that works here"))
    #expect(selection.warnings.count == OpenCLBackend.devices().devices.count)
    for warning in selection.warnings {
      #expect(warning.contains("opencl:") && warning.contains("self-test of") && warning.contains("failed"), "\(warning)")
    }
  }

  @Test(.enabled(if: hasCard, "no OpenCL graphics card here")) func autoTakesACardAndTrainsOnItToTheEnd() throws {
    let selection = DeviceSelection.automatic(considersEveryKind: false)
    #expect(selection.device.identifier.hasPrefix("opencl:") && selection.warnings.isEmpty, "\(selection.warnings)")
    #expect(selection.reason == "the best OpenCL graphics card that passes its self-test")
    let data = ImageDataset(pixels: (0..<16 * 64).map { UInt8($0 % 251) }, imageShape: [8, 8, 1])
    func losses(_ device: Device) throws -> [Float] {
      let model = VariationalAutoencoder(.init(imageShape: [8, 8, 1], latentSize: 2), on: device, seed: 7)
      let trainer = Trainer(model, optimizer: RMSProp(learningRate: 1e-3))
      try trainer.fit(data, epochs: 3, batchSize: 4)
      #expect(trainer.progress.epoch == 3 && trainer.progress.step == 12)
      return try model.trainableParameters.map { try $0.value.scalars()[0] }
    }
    for (own, expected) in zip(try losses(selection.device), try losses(.cpu())) {
      #expect(abs(own - expected) <= 1e-3 * max(1, abs(expected)))
    }
  }

  /// Nobody should ask a card for them, but a crash of its driver would say nothing: see `HAS_PREFETCH` of the prelude.
  @Test(.enabled(if: hasCard, "no OpenCL graphics card here")) func kernelsForProcessorsDoNotEndACardsDriver() throws {
    let device = try OpenCLBackend(configuration: configuration { ($0.family, $0.cache) = (.cpu, .none) })
    do { try device.selfTest() } catch let OpenCLError.callFailed(_, call, code) {
      // NVIDIA's driver refuses a work-item that keeps 96 KB of its own, as if the host had no memory (−6).
      #expect(call == "clEnqueueNDRangeKernel" && code == -6)
    }
  }
}
