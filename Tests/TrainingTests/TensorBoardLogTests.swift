import Datasets
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing
import Training

/// What TensorBoard would show of a run: every point once, whatever happened to the program on the way.
@Suite struct TensorBoardLogTests {
  private let device: Device
  init() throws { device = try TestDevice.reference.device() }

  /// One value of a run's event files.
  struct Point: Hashable {
    var run: String
    var tag: String
    var step: Int
  }

  /// The scalars of a run by folder, tag and step, and how many bytes its pictures have; a point that is there twice is an
  /// issue.
  static func points(in folder: URL) throws -> [Point: Float] {
    var found: [Point: Float] = [:]
    for run in ["", "train", "validation"] {
      let place = run.isEmpty ? folder : folder.appendingPathComponent(run)
      let names = (try? FileManager.default.contentsOfDirectory(atPath: place.path)) ?? []
      for name in names.sorted() where name.hasSuffix(".figment") {
        for event in try TestEvents.read(place.appendingPathComponent(name)) {
          guard let tag = event.tag else { continue }
          let point = Point(run: run, tag: tag, step: event.step)
          #expect(found.updateValue(event.value, forKey: point) == nil, "\(point) is there twice")
        }
      }
    }
    return found
  }

  private final class Recorder: Callback {
    var steps: [MeasuredStep] = []
    override func measured(_ trainer: Trainer, _ step: MeasuredStep) { steps.append(step) }
  }

  /// 80 images in batches of 4: twenty steps an epoch.
  @Test func aPointForSixteenStepsIsTheirMean() throws {
    let folder = try TemporaryFolder(), recorder = Recorder()
    try Trainer(tinyVAE(on: device)).fit(
      tinyImages(count: 80), validation: tinyImages(count: 8), epochs: 2, batchSize: 4,
      callbacks: [TensorBoardLog(folder: folder.url), recorder])
    #expect(recorder.steps.map(\.totalSteps) == Array(1...40) && recorder.steps.map(\.stepOfEpoch) == Array(1...20) * 2)
    let points = try Self.points(in: folder.url)
    func steps(_ run: String, _ tag: String) -> [Int] {
      points.keys.filter { $0.run == run && $0.tag == tag }.map(\.step).sorted()
    }
    #expect(steps("train", "step/loss") == [16, 20, 36, 40])
    for (end, range) in [(16, 1...16), (20, 17...20), (36, 21...36)] {
      let values = recorder.steps.filter { range.contains($0.totalSteps) }.map { Double($0.measurements[0].value) }
      let mean = Float(values.reduce(0, +) / Double(values.count))
      let shown = try #require(points[Point(run: "train", tag: "step/loss", step: end)])
      #expect(abs(shown - mean) < 1e-6)
    }
    // One chart: the same tag in two folders.
    for name in ["loss", "reconstruction", "kl"] {
      #expect(steps("train", "epoch/\(name)") == [20, 40] && steps("validation", "epoch/\(name)") == [20, 40])
    }
    #expect(steps("train", "learning_rate/optimizer") == [20, 40] && steps("train", "images_per_second") == [20, 40])
    #expect(points[Point(run: "train", tag: "learning_rate/optimizer", step: 20)] == 1e-3)
  }

  @Test func everyLearnerAndEveryRecordIsShown() throws {
    let folder = try TemporaryFolder()
    let trainer = Trainer(TwoNetworks(on: device, seed: 1))
    trainer.learners[1].schedule = .exponential(factor: 0.5)
    try trainer.fit(
      DrawnValues(count: 13), stage: "both", iterations: 7, callbacks: [TensorBoardLog(folder: folder.url)])
    let points = try Self.points(in: folder.url)
    func values(_ tag: String) -> [Float] {
      points.filter { $0.key.tag == tag }.sorted { $0.key.step < $1.key.step }.map(\.value)
    }
    #expect(values("learning_rate/first") == [1e-2, 1e-2, 1e-2, 1e-2, 1e-2])
    #expect(values("learning_rate/second") == [1e-3, 1e-3, 1e-3, 5e-4, 5e-4])
    #expect(values("every_2_steps/skipped") == [1, 1] && values("step/first").count == 1)
    #expect(!FileManager.default.fileExists(atPath: folder("validation").path), "no empty run where nothing is validated")
  }

  /// Stopped wherever, killed behind its checkpoint wherever, resumed: the same points with the same values.
  @Test(arguments: [[7], [16], [19, 21], [33]]) func aRunThatGoesOnShowsEveryPointOnce(stops: [Int]) throws {
    func run(stops: [Int]) throws -> [Point: Float] {
      let folder = try TemporaryFolder()
      var stops = stops
      while true {
        let trainer = Trainer(tinyVAE(on: device)), file = CheckpointWriter.last(in: folder.url)
        if FileManager.default.fileExists(atPath: file.path) { try Checkpoint(contentsOf: file).restore(trainer) }
        let events = TensorBoardLog(folder: folder.url)
        var callbacks = [
          events, CheckpointWriter(folder: folder.url, every: .steps(7)),
          SamplePictures(of: tinyImages(count: 8), folder: folder("samples"), seed: 1, every: .steps(7), events: events),
        ]
        if !stops.isEmpty { callbacks.append(InterruptAfter(stops.removeFirst())) }
        let end = try trainer.fit(
          tinyImages(count: 80), validation: tinyImages(count: 8), epochs: 2, batchSize: 4, callbacks: callbacks)
        if end == .finished { return try Self.points(in: folder.url).filter { $0.key.tag != "images_per_second" } }
        // As if it had gone on for a while and been killed before the next checkpoint.
        let late = Trainer(tinyVAE(on: device))
        try Checkpoint(contentsOf: file).restore(late)
        try late.fit(
          tinyImages(count: 80), validation: tinyImages(count: 8), epochs: 2, batchSize: 4,
          callbacks: [TensorBoardLog(folder: folder.url), InterruptAfter(late.progress.totalSteps + 6)])
      }
    }
    let whole = try run(stops: []), stopped = try run(stops: stops)
    #expect(stopped == whole, "\(Set(whole.keys).symmetricDifference(stopped.keys))")
    #expect(whole.keys.contains(Point(run: "", tag: "manifold", step: 35)))
  }

  /// A program that was killed between a picture's file and its event: the event follows, and no other comes twice.
  @Test func aPictureWhoseEventIsMissingIsShown() throws {
    let folder = try TemporaryFolder()
    func fit(epochs: Int) throws {
      let trainer = Trainer(tinyVAE(on: device)), file = CheckpointWriter.last(in: folder.url)
      if FileManager.default.fileExists(atPath: file.path) { try Checkpoint(contentsOf: file).restore(trainer) }
      let events = TensorBoardLog(folder: folder.url)
      try trainer.fit(
        tinyImages(count: 8), epochs: epochs, batchSize: 4,
        callbacks: [
          events, SamplePictures(of: tinyImages(count: 8), folder: folder("samples"), seed: 1, events: events),
          CheckpointWriter(folder: folder.url),
        ])
    }
    try fit(epochs: 1)
    let name = try #require(try folder.names.first { $0.hasSuffix(".figment") })
    // Without the last of its three pictures.
    let events = try TestEvents.read(folder(name))
    #expect(events.compactMap(\.tag) == ["reconstructions", "manifold", "latents"])
    let whole = try Data(contentsOf: folder(name))
    try whole.prefix(events[3].start).write(to: folder(name))
    try fit(epochs: 2)
    let pictures = try Self.points(in: folder.url).keys.filter { $0.run == "" }
    #expect(Set(pictures.map { "\($0.tag) \($0.step)" }).count == 6, "three pictures after each epoch: \(pictures)")
  }

  @Test func theHyperparametersAreThoseOfTheLastStart() throws {
    let folder = try TemporaryFolder()
    for epochs in [1, 2] {
      let trainer = Trainer(tinyGAN(on: device)), file = CheckpointWriter.last(in: folder.url)
      if FileManager.default.fileExists(atPath: file.path) { try Checkpoint(contentsOf: file).restore(trainer) }
      try trainer.fit(
        tinyImages(count: 8), epochs: epochs, batchSize: 4,
        callbacks: [TensorBoardLog(folder: folder.url), CheckpointWriter(folder: folder.url)])
    }
    let names = try folder.names.filter { $0.contains("hyperparameters") }
    #expect(names.count == 1)
    let text = String(decoding: try Data(contentsOf: folder(names[0])), as: UTF8.self)
    for name in ["model", "batchSize", "latentSize", "learningRate.generator", "optimizer.discriminator", "epochs"] {
      #expect(text.contains(name), "\(name)")
    }
  }
}

private func * (values: [Int], count: Int) -> [Int] { (0..<count).flatMap { _ in values } }
