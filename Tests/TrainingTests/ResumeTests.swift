import Datasets
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing
import Training

@Suite struct ResumeTests {
  private func models(on device: Device) -> [() -> any TrainableModel] {
    [{ tinyVAE(on: device) }, { tinyAutoencoder(on: device) }, { tinyGAN(on: device) }]
  }

  /// The last checkpoint of a run that is stopped after each of `stops` steps and resumed from the file.
  private func run(_ make: () -> any TrainableModel, stops: [Int]) throws -> Data {
    let folder = try TemporaryFolder()
    let data = tinyImages(count: 37)
    var stops = stops
    while true {
      let trainer = Trainer(make())
      let file = CheckpointWriter.last(in: folder.url)
      if FileManager.default.fileExists(atPath: file.path) {
        try Checkpoint(contentsOf: file).restore(trainer)
      }
      var callbacks: [Callback] = [CheckpointWriter(folder: folder.url, every: .steps(7))]
      callbacks.append(
        trainer.stages[0].best == nil ? AdversarialWatch(data: data, seed: 1) : EarlyStopping(patience: 50))
      if !stops.isEmpty { callbacks.append(InterruptAfter(stops.removeFirst())) }
      let end = try trainer.fit(
        data, validation: tinyImages(count: 11), epochs: 3, batchSize: 4, seed: 9, callbacks: callbacks)
      if end == .finished { return try Data(contentsOf: file) }
      #expect(end == .interrupted)
    }
  }

  /// 37 images in batches of 4: ten steps an epoch, the last one short.
  @Test(arguments: TestDevices.withReference, [[1], [9], [10], [13, 14, 27]])
  func stoppingAndResumingChangesNoBit(device: TestDevice, stops: [Int]) throws {
    for make in models(on: try device.device()) {
      let whole = try run(make, stops: [])
      #expect(try run(make, stops: []) == whole, "the same seed gives the same bits twice")
      #expect(try run(make, stops: stops) == whole, "stopped after \(stops)")
    }
  }

  @Test func aCheckpointKnowsItsModel() throws {
    let folder = try TemporaryFolder(), device = try TestDevice.reference.device()
    try Trainer(tinyVAE(on: device)).fit(
      tinyImages(count: 4), epochs: 1, batchSize: 4, callbacks: [CheckpointWriter(folder: folder.url)])
    let checkpoint = try Checkpoint(contentsOf: CheckpointWriter.last(in: folder.url))
    let error = #expect(throws: CheckpointError.self) { try checkpoint.restore(tinyAutoencoder(on: device)) }
    #expect(error?.description.contains("“vae”, not “autoencoder”") == true)
    let larger = VariationalAutoencoder(.init(imageShape: [8, 8, 1], latentSize: 3), on: device, seed: 0)
    let before = try larger.parameters.map { try $0.value.scalars() }
    #expect(throws: CheckpointError.self) { try checkpoint.restore(larger) }
    #expect(try larger.parameters.map { try $0.value.scalars() } == before, "nothing was changed")
  }

  @Test func aCheckpointCutShortIsRefused() throws {
    let folder = try TemporaryFolder(), device = try TestDevice.reference.device()
    try Trainer(tinyVAE(on: device)).fit(
      tinyImages(count: 4), epochs: 1, batchSize: 4, callbacks: [CheckpointWriter(folder: folder.url)])
    let file = CheckpointWriter.last(in: folder.url)
    let whole = try Data(contentsOf: file)
    for length in [0, 4, 100, whole.count / 2, whole.count - 1] {
      try whole.prefix(length).write(to: file)
      #expect(throws: (any Error).self, "\(length) of \(whole.count) bytes") { try Checkpoint(contentsOf: file) }
    }
  }
}
