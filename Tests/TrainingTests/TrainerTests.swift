import Datasets
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

@testable import Training

@Suite struct TrainerTests {
  private let device: Device

  init() throws { device = try TestDevice.reference.device() }

  /// Keeps what every epoch reported.
  private final class Recorder: Callback {
    var records: [TrainingRecord] = []
    override func recorded(_ trainer: Trainer, _ record: TrainingRecord) { records.append(record) }
  }

  @Test func lossesFallAndAddUp() throws {
    let recorder = Recorder()
    try Trainer(tinyVAE(on: device), optimizer: RMSProp(learningRate: 3e-3)).fit(
      tinyImages(count: 24), validation: tinyImages(count: 8), epochs: 12, batchSize: 4, callbacks: [recorder])
    let losses = recorder.records.map { $0.training[0].value }
    #expect(losses.count == 12 && losses.last! < 0.95 * losses.first!, "\(losses)")
    for record in recorder.records {
      let terms = record.training
      #expect(terms.map(\.name) == ["loss", "reconstruction", "kl"])
      #expect(abs(terms[0].value - terms[1].value - terms[2].value) < 1e-6)
      #expect(record.validation?.count == 3)
    }
  }

  @Test func lossesOfManyStepsAreReadAtOnce() throws {
    let device = Device(try TestDevice.reference.makeBackend())
    try Trainer(tinyVAE(on: device)).fit(tinyImages(count: 48), epochs: 1, batchSize: 1)
    // Three losses a step; a busy machine may read more often than every sixteenth.
    #expect((3...24).contains(device.backend.statistics.downloads))
  }

  @Test func aLossThatIsNotFiniteStopsWithItsPlace() throws {
    let folder = try TemporaryFolder()
    let trainer = Trainer(tinyVAE(on: device), optimizer: SGD(learningRate: 1e30))
    let error = #expect(throws: TrainingError.self) {
      try trainer.fit(tinyImages(count: 40), epochs: 2, batchSize: 4, callbacks: [CheckpointWriter(folder: folder.url)])
    }
    guard case .notFinite(_, _, let epoch, let step, let images, let checkpoint)? = error else {
      Issue.record("another error: \(String(describing: error))")
      return
    }
    #expect(epoch == 1 && step >= 2 && images == (step - 1) * 4..<step * 4)
    #expect(checkpoint == nil)
    #expect(error!.description.contains("no checkpoint yet"))
    #expect(!FileManager.default.fileExists(atPath: CheckpointWriter.last(in: folder.url).path))
  }

  @Test func aParameterThatIsNotFiniteIsNeverWritten() throws {
    let folder = try TemporaryFolder(), trainer = Trainer(tinyVAE(on: device))
    let writer = CheckpointWriter(folder: folder.url)
    try trainer.fit(tinyImages(count: 4), epochs: 1, batchSize: 4, callbacks: [writer])
    let before = try Data(contentsOf: CheckpointWriter.last(in: folder.url))
    /// Spoils a parameter after the last step of an epoch, when no loss can show it any more.
    final class Spoil: Callback {
      override func stepEnded(_ trainer: Trainer) {
        let bias = trainer.model.namedParameters().first { $0.name == "encoder.mean.bias" }!.parameter
        bias.value = Tensor(repeating: .nan, shape: bias.shape, on: bias.value.device)
      }
    }
    let error = #expect(throws: TrainingError.self) {
      try trainer.fit(tinyImages(count: 4), epochs: 2, batchSize: 4, callbacks: [Spoil(), writer])
    }
    #expect(error?.description.contains("“encoder.mean.bias”") == true)
    #expect(error?.description.contains("last.safetensors") == true)
    #expect(try Data(contentsOf: CheckpointWriter.last(in: folder.url)) == before)

    /// Spoils what training does not look at, but validation does.
    final class SpoilStatistics: Callback {
      override func trainingBegan(_ trainer: Trainer) {
        let mean = trainer.model.namedParameters().first { $0.name.hasSuffix("movingMean") }!.parameter
        mean.value = Tensor(repeating: .nan, shape: mean.shape, on: mean.value.device)
      }
    }
    let validated = #expect(throws: TrainingError.self) {
      try Trainer(tinyAutoencoder(on: device)).fit(
        tinyImages(count: 4), validation: tinyImages(count: 4), epochs: 1, batchSize: 4, callbacks: [SpoilStatistics()])
    }
    #expect(validated?.description.contains("“loss” of the validation data became nan in epoch 1") == true)
  }

  @Test func earlyStoppingWaitsForPatience() throws {
    let recorder = Recorder()
    // A rate of 0 never improves: one epoch sets the mark, two more exhaust the patience.
    let trainer = Trainer(tinyVAE(on: device), optimizer: SGD(learningRate: 0))
    let end = try trainer.fit(
      tinyImages(count: 8), validation: tinyImages(count: 8), epochs: 50, batchSize: 8,
      callbacks: [recorder, .earlyStopping(patience: 2)])
    #expect(recorder.records.count == 3)
    guard case .stopped(let reason) = end else {
      Issue.record("ended with \(end)")
      return
    }
    #expect(reason.contains("early stopping"))
  }

  @Test func schedulesFollowTheEpoch() {
    #expect(LearningRateSchedule("constant")?.factor(epoch: 5, of: 10) == 1)
    #expect(LearningRateSchedule("exponential:0.5")?.factor(epoch: 3, of: 10) == 0.125)
    #expect(LearningRateSchedule("cosine")?.factor(epoch: 0, of: 10) == 1)
    #expect(abs(LearningRateSchedule("cosine")!.factor(epoch: 5, of: 10) - 0.5) < 1e-6)
    for text in ["", "linear", "exponential", "exponential:x", "exponential:-1", "cosine:2"] {
      #expect(LearningRateSchedule(text) == nil, "“\(text)”")
    }
  }

  @Test func aScheduleSetsTheRate() throws {
    final class Rates: Callback {
      var rates: [Float] = []
      override func recorded(_ trainer: Trainer, _ record: TrainingRecord) {
        rates.append(trainer.plan.stage.learners[0].optimizer.learningRate)
      }
    }
    let rates = Rates()
    let trainer = Trainer(tinyVAE(on: device), optimizer: RMSProp(learningRate: 0.01))
    trainer.stages[0].learners[0].schedule = .exponential(factor: 0.5)
    try trainer.fit(tinyImages(count: 4), epochs: 3, batchSize: 4, callbacks: [rates])
    #expect(rates.rates == [0.01, 0.005, 0.0025])
  }

  @Test func metricsAreOneObjectALineAndSurviveResuming() throws {
    let folder = try TemporaryFolder(), run = RunDirectory(folder.url)
    func fit(epochs: Int, resuming: Bool) throws {
      let trainer = Trainer(tinyVAE(on: device))
      if resuming { try Checkpoint(contentsOf: run.lastCheckpoint).restore(trainer) }
      try trainer.fit(
        tinyImages(count: 8), validation: tinyImages(count: 4), epochs: epochs, batchSize: 4,
        callbacks: [MetricsLog(lines: run.metrics, table: run.table), CheckpointWriter(folder: run.checkpoints)])
    }
    try fit(epochs: 2, resuming: false)
    // A line that was written just before the program was killed, without its checkpoint.
    let text = try String(contentsOf: run.metrics, encoding: .utf8)
    let lost = text.split(separator: "\n")[1].replacingOccurrences(of: "\"epoch\":2", with: "\"epoch\":3")
      .replacingOccurrences(of: "\"step\":4", with: "\"step\":6")
    try (text + lost + "\n").write(to: run.metrics, atomically: true, encoding: .utf8)
    try fit(epochs: 4, resuming: true)

    let lines = try String(contentsOf: run.metrics, encoding: .utf8).split(separator: "\n")
    let objects = try lines.map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(objects.map { $0["epoch"] as? Int } == [1, 2, 3, 4])
    #expect(objects.map { $0["step"] as? Int } == [2, 4, 6, 8])
    #expect((objects[0]["train"] as? [String: Double])?.keys.sorted() == ["kl", "loss", "reconstruction"])
    let rows = try String(contentsOf: run.table, encoding: .utf8).split(separator: "\n")
    #expect(rows.count == 5 && rows[0].hasPrefix("epoch,step,train_kl,train_loss"))
  }

  @Test func progressIsOneLineAnEpochInAPipe() throws {
    var text = ""
    try Trainer(tinyVAE(on: device)).fit(
      tinyImages(count: 8), epochs: 2, batchSize: 4,
      callbacks: [ProgressReport(width: nil) { text += $0 }])
    let lines = text.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[0].hasPrefix("epoch 1/2  loss ") && lines[0].contains("images/s"))
    #expect(!text.contains("\u{1B}"))
  }

  @Test func linesBreakBetweenTermsWhereATerminalEnds() throws {
    var text = ""
    let report = ProgressReport(width: 60) { text += $0 }
    let data = tinyImages(count: 8)
    try Trainer(tinyVAE(on: device)).fit(data, validation: data, epochs: 1, batchSize: 4, callbacks: [report])
    let lines = text.split(whereSeparator: \.isNewline)
    #expect(lines.contains { $0.hasPrefix("    ") } && lines.allSatisfy { $0.count <= 61 }, "\(lines)")
    // No number is torn from its name.
    let terms = lines.flatMap { $0.split(separator: "  ").map { $0.trimmingCharacters(in: .whitespaces) } }
    #expect(terms.contains { $0.hasPrefix("validation loss 0.") || $0.hasPrefix("validation loss 1.") }, "\(terms)")
  }

  /// Labels are there, but no model here reads them.
  @Test func onlyWhatAModelReadsIsUploaded() throws {
    let device = Device(try TestDevice.reference.makeBackend())
    let trainer = Trainer(tinyVAE(on: device)), before = device.backend.statistics.uploads
    try trainer.fit(tinyImages(count: 8), epochs: 2, batchSize: 4)
    #expect(device.backend.statistics.uploads - before == 4, "one a step")
  }

  @Test func aBarFitsItsTerminal() throws {
    /// A bar is drawn when steps are read: after half a second, or sixteen of them.
    final class Slow: Callback {
      override func stepEnded(_: Trainer) { usleep(300_000) }
    }
    var text = ""
    let report = ProgressReport(width: 40) { text += $0 }
    try Trainer(tinyVAE(on: device)).fit(tinyImages(count: 16), epochs: 1, batchSize: 4, callbacks: [Slow(), report])
    let bars = text.split(separator: "\r").filter { $0.contains("░") }
    #expect(!bars.isEmpty && bars.allSatisfy { $0.count <= 39 }, "\(bars)")
  }

  @Test(arguments: [60, 80, 120]) func aBarShowsIterationsAndShrinksBeforeTermsGo(width: Int) throws {
    final class Slow: Callback {
      override func stepEnded(_: Trainer) { usleep(300_000) }
    }
    var text = ""
    let report = ProgressReport(width: width) { text += $0 }
    try Trainer(tinyVAE(on: device)).fit(tinyImages(count: 400), iterations: 8, batchSize: 4, callbacks: [Slow(), report])
    let bars = text.split(separator: "\r").filter { $0.contains("█") }, last = try #require(bars.last, "\(text)")
    #expect(bars.allSatisfy { $0.count < width } && !last.contains("/400"), "\(bars)")
    let (done, left) = (last.count { $0 == "█" }, last.count { $0 == "░" })
    #expect(done > left && (width == 120 ? done + left == 24 : done + left >= 8), "\(last)")
    #expect(last.contains(" left") && last.contains("loss"), "\(last)")
    #expect(last.contains("images/s") == (width > 60), "\(last)")
  }

  @Test func timesOfAnyLengthAreWritten() {
    #expect(9.94.formattedAsTime == "9.9 s" && 59.4.formattedAsTime == "59 s" && 61.0.formattedAsTime == "1 min 01 s")
    #expect(7260.0.formattedAsTime == "2 h 01 min" && 1e6.formattedAsTime == "11 days")
    for seconds in [1e300, .infinity, -1, -Double.infinity] { #expect(!seconds.formattedAsTime.isEmpty) }
    #expect(Double.nan.formattedAsTime == "?")
  }

  @Test func impossiblePlansAreRefused() {
    func failure(_ data: ImageDataset, epochs: Int = 1, batchSize: Int = 4) -> String? {
      do {
        try Trainer(tinyVAE(on: device)).fit(data, epochs: epochs, batchSize: batchSize)
        return nil
      } catch { return "\(error)" }
    }
    #expect(failure(tinyImages(count: 4), batchSize: 0)?.contains("batch size") == true)
    #expect(failure(tinyImages(count: 4), epochs: 0)?.contains("epochs") == true)
    #expect(failure(tinyImages(count: 0))?.contains("no samples") == true)
    #expect(failure(tinyImages(count: 4, size: 10))?.contains("[10, 10, 1]") == true)
  }
}
