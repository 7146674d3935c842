import Datasets
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing
import Training

/// Models of several networks, learners and stages.
@Suite struct RecipeTests {
  private let device: Device
  private let data = DrawnValues(count: 13)

  init() throws { device = try TestDevice.reference.device() }

  private final class Recorder: Callback {
    var records: [TrainingRecord] = []
    override func recorded(_ trainer: Trainer, _ record: TrainingRecord) { records.append(record) }
  }

  @Test func stagesFollowOneAnotherEachWithItsOwnLength() throws {
    let trainer = Trainer(TwoNetworks(on: device, seed: 1)), recorder = Recorder()
    for stage in trainer.stages {
      #expect(try trainer.fit(data, validation: data, stage: stage.name, callbacks: [recorder]) == .finished)
    }
    #expect(recorder.records.map(\.stage) == ["alone", "alone", "both", "both", "both", "both", "both", "last"])
    // Epochs of 13 samples in batches of 4, 3 and 5: after as many steps as the stage says, at an epoch's end, at the end.
    #expect(recorder.records.map(\.step) == [4, 8, 2, 4, 5, 6, 7, 3])
    #expect(recorder.records.map(\.endsEpoch) == [true, true, false, false, true, false, false, true])
    #expect(recorder.records.map { $0.validation?.count } == [1, 1, nil, nil, nil, nil, nil, 1])
    #expect(trainer.learners.map(\.name) == ["first", "second"], "stages share them")
    #expect(trainer.learners.map(\.optimizer.iterations) == [8 + 7, 7 + 3])
    #expect(trainer.progress.totalSteps == 18)
  }

  @Test func aMeasurementThatAStepDoesNotMakeIsInNoMean() throws {
    let trainer = Trainer(TwoNetworks(on: device, seed: 1)), recorder = Recorder()
    try trainer.fit(data, stage: "both", iterations: 8, callbacks: [recorder])
    // Steps 3 and 6 skip; the records are of steps 1–2, 3–4, 5, 6, 7–8.
    let skipped = recorder.records.map { record in record.training.first { $0.name == "skipped" }?.value }
    #expect(skipped == [nil, 1, nil, 1, nil])
  }

  /// A stop in any stage, and a new process that goes on.
  @Test(arguments: [[3], [1, 6], [2, 7]]) func aRunOfSeveralStagesIsResumedToTheSameBits(stops: [Int]) throws {
    func run(stops: [Int]) throws -> Data {
      let folder = try TemporaryFolder(), file = CheckpointWriter.last(in: folder.url)
      var stops = stops, stage = 0
      while stage < 3 {
        let trainer = Trainer(TwoNetworks(on: device, seed: 1))
        if FileManager.default.fileExists(atPath: file.path) { try Checkpoint(contentsOf: file).restore(trainer) }
        var callbacks: [Callback] = [CheckpointWriter(folder: folder.url)]
        if !stops.isEmpty { callbacks.append(InterruptAfter(stops.removeFirst())) }
        let end = try trainer.fit(
          data, validation: data, stage: trainer.stages[stage].name, batchSize: 4, callbacks: callbacks)
        if end == .finished { stage += 1 }
      }
      return try Data(contentsOf: file)
    }
    #expect(try run(stops: stops) == run(stops: []))
  }

  @Test func aCheckpointHoldsNoFrozenNetwork() throws {
    let folder = try TemporaryFolder()
    let trainer = Trainer(TwoNetworks(on: device, seed: 1))
    try trainer.fit(data, stage: "alone", callbacks: [CheckpointWriter(folder: folder.url)])
    let text = String(decoding: try Data(contentsOf: CheckpointWriter.last(in: folder.url)), as: UTF8.self)
    #expect(text.contains("first.layers.0.weight") && !text.contains("reference"))
  }

  @Test func cadences() {
    func due(_ text: String, step: Int, epoch: Int? = nil, minutes: Double = 0) -> Bool? {
      Cadence(text)?.isDue(step: step, epoch: epoch, minutes: minutes)
    }
    #expect(due("never", step: 1, epoch: 1, minutes: 100) == false)
    #expect(due("steps:5", step: 10) == true && due("steps:5", step: 11, epoch: 5) == false)
    #expect(due("epochs:2", step: 1, epoch: 4) == true && due("epochs:2", step: 4) == false)
    #expect(due("minutes:0.5", step: 1, minutes: 0.5) == true && due("minutes:0.5", step: 1, minutes: 0.4) == false)
    for text in ["", "steps", "steps:0", "steps:-1", "steps:x", "minutes:nan", "hours:1", "never:1"] {
      #expect(Cadence(text) == nil, "“\(text)”")
    }
  }

  /// DCGAN's recipe has 10,000 epochs and 55 million parameters: how often is a cadence, and the end always counts.
  @Test func checkpointsAreWrittenAsOftenAsTold() throws {
    let folder = try TemporaryFolder(), file = CheckpointWriter.last(in: folder.url)
    final class Watch: Callback {
      let file: URL
      var steps: [Int] = []
      private var before: Date?
      init(_ file: URL) { self.file = file }
      override var phase: Phase { .report }
      override func stepEnded(_ trainer: Trainer) throws {
        let identifier = try? FileManager.default.attributesOfItem(atPath: file.path)[.systemFileNumber] as? Int
        if let identifier, identifier != last { steps.append(trainer.progress.step) }
        last = identifier
      }
      private var last: Int?
    }
    let watch = Watch(file)
    let trainer = Trainer(TwoNetworks(on: device, seed: 1))
    try trainer.fit(
      data, stage: "alone", epochs: 2, callbacks: [CheckpointWriter(folder: folder.url, every: .steps(3)), watch])
    #expect(watch.steps == [3, 6])
    // The last of eight steps, behind the last report.
    #expect(try Checkpoint(contentsOf: file).identity.model == "two-networks")
    let resumed = Trainer(TwoNetworks(on: device, seed: 1))
    try Checkpoint(contentsOf: file).restore(resumed)
    #expect(resumed.progress.step == 8 && resumed.progress.epoch == 2)
  }

  @Test func aStretchedScheduleIsSaid() throws {
    let folder = try TemporaryFolder()
    func trainer() -> Trainer {
      let trainer = Trainer(TwoNetworks(on: device, seed: 1))
      trainer.stages[0].learners[0].schedule = .cosine
      return trainer
    }
    let writer = CheckpointWriter(folder: folder.url)
    try trainer().fit(data, stage: "alone", epochs: 4, callbacks: [writer])
    let resumed = trainer()
    try Checkpoint(contentsOf: CheckpointWriter.last(in: folder.url)).restore(resumed)
    var notices = [String]()
    resumed.notice = { notices.append($0) }
    try resumed.fit(data, epochs: 8, callbacks: [writer])
    #expect(notices.count == 1)
    #expect(notices[0].contains("cosine schedule of “first” now spans 8 epochs, not 4") && notices[0].contains("epoch 5"))
  }

  @Test func callbacksAreRestoredOnce() throws {
    final class Counting: Callback, Stateful {
      var restored = 0, count = 0
      let stateName = "counting"
      func checkpointState() throws -> State { try State(encoding: ["count": count]) }
      func restoring(_ state: SavedState) throws -> () -> Void {
        let count = try state.decode([String: Int].self)["count"] ?? 0
        return { [self] in (self.count, restored) = (count, restored + 1) }
      }
      override func stepEnded(_: Trainer) { count += 1 }
    }
    let folder = try TemporaryFolder(), writer = CheckpointWriter(folder: folder.url)
    try Trainer(TwoNetworks(on: device, seed: 1)).fit(data, stage: "alone", epochs: 1, callbacks: [Counting(), writer])
    let trainer = Trainer(TwoNetworks(on: device, seed: 1)), counting = Counting()
    try Checkpoint(contentsOf: CheckpointWriter.last(in: folder.url)).restore(trainer)
    try trainer.fit(data, epochs: 2, callbacks: [counting])
    #expect(counting.count == 8 && counting.restored == 1)
    try trainer.fit(data, epochs: 3, callbacks: [counting])
    #expect(counting.count == 12 && counting.restored == 1, "a second fit goes on from where the first one left it")
  }

  @Test func earlyStoppingNeedsToKnowWhatIsBest() throws {
    let trainer = Trainer(tinyGAN(on: device))
    let error = #expect(throws: TrainingError.self) {
      try trainer.fit(tinyImages(count: 8), iterations: 2, batchSize: 4, callbacks: [.earlyStopping(patience: 2)])
    }
    #expect(error?.description.contains("DenseGAN") == true)
  }

  @Test func aReportThatFailsIsSaidOnceAndTrainingGoesOn() throws {
    final class Broken: Callback {
      struct Failure: Error, CustomStringConvertible { let description = "the printer is on fire" }
      override var phase: Phase { .report }
      override func stepEnded(_: Trainer) throws { throw Failure() }
    }
    let trainer = Trainer(TwoNetworks(on: device, seed: 1))
    var notices = [String]()
    trainer.notice = { notices.append($0) }
    #expect(try trainer.fit(data, stage: "alone", callbacks: [Broken()]) == .finished)
    #expect(notices == ["warning: the printer is on fire; training goes on"])
  }

  /// The discriminator is always right, the generator does not move from where it began.
  @Test func aGANThatComesToNothingIsSaidOnce() throws {
    let model = tinyGAN(on: device), trainer = Trainer(model)
    for (learner, rate) in zip(trainer.stages[0].learners, [Float(0.05), 1e-9]) { learner.baseLearningRate = rate }
    for parameter in model.generator.trainableParameters { parameter.value = parameter.value * 0 }
    var notices = [String]()
    trainer.notice = { notices.append($0) }
    let data = tinyImages(count: 12)
    try trainer.fit(data, iterations: 60, batchSize: 4, callbacks: [AdversarialWatch(data: data, seed: 1)])
    #expect(notices.count == 2, "\(notices)")
    #expect(notices.contains { $0.contains("right about every sample") && $0.contains("--learning-rate discriminator=") })
    #expect(notices.contains { $0.contains("nearly all alike") })
  }

  /// Once samples have differed, the first record in which they no longer do says so.
  @Test func aCollapseIsSaidWhenItHappens() throws {
    final class Collapse: Callback {
      let generator: Module
      init(_ generator: Module) { self.generator = generator }
      override func stepEnded(_ trainer: Trainer) throws {
        guard trainer.progress.step >= 4 else { return }
        for parameter in generator.trainableParameters { parameter.value = parameter.value * 0 }
      }
    }
    let model = tinyGAN(on: device), trainer = Trainer(model)
    for learner in trainer.stages[0].learners { learner.baseLearningRate = 1e-9 }
    for parameter in model.generator.trainableParameters { parameter.value = parameter.value * 10 }
    var notices = [String]()
    trainer.notice = { notices.append($0) }
    let data = tinyImages(count: 12)
    try trainer.fit(
      data, iterations: 9, batchSize: 4, callbacks: [AdversarialWatch(data: data, seed: 1), Collapse(model.generator)])
    #expect(notices.count == 1 && notices[0].contains("at step 6") && notices[0].contains("it has collapsed;"), "\(notices)")
  }
}
