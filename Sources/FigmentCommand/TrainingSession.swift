import ArgumentParser
import Figment
import Foundation

/// One run of `figment train`, from its settings to its last checkpoint.
struct TrainingSession {
  let settings: RunConfiguration
  let directory: RunDirectory
  let data: DatasetSplit
  let selection: DeviceSelection
  let trainer: Trainer
  let checkpointSteps: Int?
  let verbose: Bool

  init(
    _ settings: RunConfiguration, in directory: RunDirectory, device selection: DeviceSelection,
    checkpointSteps: Int?, verbose: Bool, resuming: Bool
  ) throws {
    (self.settings, self.directory, self.selection) = (settings, directory, selection)
    (self.checkpointSteps, self.verbose) = (checkpointSteps, verbose)
    data = try Self.load(settings)
    let model = try settings.makeModel(on: selection.device)
    trainer = Trainer(model, optimizers: model.optimizers(learningRate: settings.learningRate))
    if resuming {
      let checkpoint = try Checkpoint(contentsOf: directory.lastCheckpoint)
      try checkpoint.restore(trainer)
    }
    try directory.create()
    try settings.write(to: directory.configuration)
  }

  static func load(_ settings: RunConfiguration) throws -> DatasetSplit {
    let split = try DatasetLocator().load(settings.data)
    if split.validation != nil { return split }
    let parts = try split.training.split(validationFraction: settings.validationFraction, seed: settings.seed)
    return DatasetSplit(training: parts.training, validation: parts.validation)
  }

  func train() throws {
    let type = Swift.type(of: trainer.model)
    let progress = trainer.progress
    printError(
      "\(type.title): \(trainer.model.parameterCount) parameters, \(data.training.count) images, "
        + "\(data.validation?.count ?? 0) for validation, seed \(settings.seed)")
    printError("computing on \(selection.device): \(selection.reason)")
    if progress.step > 0 {
      printError("resuming after step \(progress.step), in epoch \(progress.epoch + 1)")
    }
    if progress.epoch >= settings.epochs {
      printError("the run already has \(progress.epoch) epochs; ask for more with --epochs")
      return
    }
    let signals = InterruptionSignals(trainer.interruption)
    defer { signals.cancel() }
    let end = try trainer.fit(
      data.training, validation: data.validation, epochs: settings.epochs, batchSize: settings.batchSize,
      seed: settings.seed, callbacks: callbacks())
    if verbose {
      let mebibytes = Double(selection.device.backend.statistics.peakBytes) / Double(1 << 20)
      printError(String(format: "peak device memory: %.1f MiB", mebibytes))
    }
    if end == .interrupted {
      printError("checkpoint: \(directory.lastCheckpoint.path); continue with --resume \(directory.url.relativePath)")
      throw ExitCode(130)
    }
    print(directory.url.relativePath)
  }

  private func callbacks() -> [Callback] {
    let events = TensorBoardLog(folder: directory.url)
    let schedule = LearningRateSchedule(settings.learningRateSchedule) ?? .constant
    var callbacks: [Callback] = [
      LearningRateScheduler(schedule, baseRates: trainer.optimizers.map { _ in settings.learningRate }),
      ProgressReport(),
      MetricsLog(lines: directory.metrics, table: directory.table),
      events,
    ]
    if let patience = settings.earlyStoppingPatience { callbacks.append(EarlyStopping(patience: patience)) }
    callbacks.append(SamplePictures(of: data.validation ?? data.training, folder: directory.samples, events: events))
    // Last, so that a checkpoint knows what the others made of the epoch.
    callbacks.append(CheckpointWriter(folder: directory.checkpoints, everySteps: checkpointSteps))
    return callbacks
  }
}

/// Turns the first SIGINT or SIGTERM into a request to stop; a second one ends the program at once.
final class InterruptionSignals {
  private let sources: [any DispatchSourceSignal]

  init(_ interruption: Interruption) {
    sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        if interruption.isRequested { _exit(130) }
        interruption.request()
        printError("\nfinishing the step, then writing a checkpoint; once more to quit at once")
      }
      source.resume()
      return source
    }
  }

  func cancel() {
    for source in sources { source.cancel() }
    for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
  }
}
