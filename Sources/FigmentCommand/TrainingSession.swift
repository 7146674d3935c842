import ArgumentParser
import Figment
import Files
import Foundation

/// One run of `figment train`, from its settings to its last checkpoint.
struct TrainingSession {
  let settings: RunConfiguration
  let directory: RunDirectory
  let data: DatasetSplit
  let selection: DeviceSelection
  let trainer: Trainer
  let verbose: Bool
  /// Held for as long as the run may write into its folder.
  private let lock: RunLock

  /// Begins a run, or takes up the one that is in the folder. What was in the folder is touched only when everything else
  /// has been found to be in order.
  init(
    _ settings: RunConfiguration, in directory: RunDirectory, device selection: DeviceSelection, verbose: Bool,
    resuming: Bool, overwriting: Bool = false
  ) throws {
    var settings = settings
    settings.device = selection.device.identifier
    (self.settings, self.directory, self.selection, self.verbose) = (settings, directory, selection, verbose)
    let model = try settings.makeModel(on: selection.device, from: directory.configuration)
    data = try Self.load(settings, for: model.inputs)
    trainer = Trainer(model)
    trainer.notice = { printError($0) }
    try Self.setLearners(of: trainer, settings)
    // The first batch says whether the data fits the model, while nothing has been written.
    for part in [data.training, data.validation].compactMap({ $0 }) where part.count > 0 {
      _ = try part.batch(0..<1, of: model.inputs)
    }
    try createFolder(directory.url)
    lock = try directory.lock()
    if resuming {
      guard directory.hasCheckpoint else {
        throw RunError(
          directory.url.path,
          "the run has no checkpoint: it ended before the first one was written. Start it again with 'figment train "
            + "\(settings.model) --data \(settings.data) --seed \(settings.seed) --output \(directory.url.relativePath) --overwrite'"
        )
      }
      try Checkpoint(contentsOf: directory.lastCheckpoint).restore(trainer)
    } else if overwriting {
      try directory.clear()
    } else if directory.isUsed {
      throw UsageError.occupied(directory)
    }
    try directory.prepare()
    try settings.write(to: directory.configuration)
  }

  /// - Parameter inputs: What the model takes: pictures are brought to the size of its images.
  static func load(_ settings: RunConfiguration, for inputs: [Field]) throws -> DatasetSplit {
    let split = try DatasetLocator().load(
      settings.data, imageShape: inputs.first { $0.name == "image" }?.shape, pictures: settings.pictures ?? .init())
    if split.validation != nil { return split }
    let parts = try split.training.split(validationFraction: settings.validationFraction, seed: settings.seed)
    return DatasetSplit(training: parts.training, validation: parts.validation)
  }

  private static func setLearners(of trainer: Trainer, _ settings: RunConfiguration) throws {
    let learners = trainer.learners, names = learners.map(\.name)
    for (name, rate) in settings.learningRates {
      guard let learner = learners.first(where: { $0.name == name }) else { throw UsageError.noLearner(name, names) }
      learner.baseLearningRate = rate
    }
    for learner in learners { learner.schedule = LearningRateSchedule(settings.learningRateSchedule) ?? .constant }
  }

  func train() throws {
    let type = Swift.type(of: trainer.model)
    let progress = trainer.progress
    printError(
      "\(type.title): \(trainer.model.parameterCount) parameters, \(counted(data.training.count, "image")), "
        + "\(data.validation?.count ?? 0) for validation, seed \(settings.seed)")
    printError("computing on \(selection.device): \(selection.reason)")
    if progress.step > 0 {
      printError("resuming after step \(progress.step), in epoch \(progress.epoch + 1)")
    }
    if let done = alreadyDone(progress) {
      printError("the run already has \(done)")
      return
    }
    let signals = InterruptionSignals(trainer.interruption)
    defer { signals.cancel() }
    let end = try trainer.fit(
      data.training, validation: data.validation, epochs: settings.epochs, iterations: settings.iterations,
      batchSize: settings.batchSize, seed: settings.seed, callbacks: callbacks())
    if verbose {
      let mebibytes = Double(selection.device.backend.statistics.peakBytes) / Double(1 << 20)
      printError(String(format: "peak device memory: %.1f MiB", mebibytes))
    }
    if end == .interrupted {
      printError("checkpoint: \(directory.lastCheckpoint.path); continue with --resume \(directory.url.relativePath)")
      throw ExitCode(130)
    }
    try printOutput(directory.url.relativePath)
  }

  /// What a finished run has, and how to ask for more; nil if there is something left to do.
  private func alreadyDone(_ progress: TrainingProgress) -> String? {
    if let epochs = settings.epochs, progress.epoch >= epochs {
      return "\(counted(progress.epoch, "epoch")); ask for more with --epochs"
    }
    if let iterations = settings.iterations, progress.step >= iterations {
      return "\(counted(progress.step, "iteration")); ask for more with --iterations"
    }
    return nil
  }

  private func callbacks() -> [Callback] {
    let events = TensorBoardLog(folder: directory.url)
    let metrics = MetricsLog(lines: directory.metrics, table: directory.table)
    var callbacks: [Callback] = [ProgressReport(), metrics, events]
    if let patience = settings.earlyStoppingPatience { callbacks.append(EarlyStopping(patience: patience)) }
    if trainer.model is any AdversarialModel {
      callbacks.append(AdversarialWatch(data: data.training, seed: settings.seed))
    }
    callbacks.append(
      SamplePictures(
        of: data.validation ?? data.training, folder: directory.samples, seed: settings.seed,
        every: settings.sampleEvery.flatMap(Cadence.init), events: events))
    callbacks.append(LossCurves(of: metrics, folder: directory.samples))
    callbacks.append(SampleAnimation(folder: directory.samples))
    callbacks.append(
      CheckpointWriter(folder: directory.checkpoints, every: settings.checkpointEvery.flatMap(Cadence.init)))
    return callbacks
  }
}

extension UsageError {
  static func occupied(_ directory: RunDirectory) -> UsageError {
    UsageError(
      "\(directory.url.path) already holds a run"
        + (directory.hasCheckpoint
          ? "; continue it with --resume, replace it with --overwrite, or choose another --output"
          : ", which ended before its first checkpoint; replace it with --overwrite, or choose another --output"))
  }

  static func noLearner(_ name: String, _ names: [String]) -> UsageError {
    let hint = suggestion(for: name, among: names, otherwise: ".")
    return UsageError("the model has no learner “\(name)”\(hint) Learners: \(names.joined(separator: ", "))")
  }
}

/// Turns the first SIGINT, SIGTERM or SIGHUP into a request to stop; a second one ends the program at once. A signal that
/// was ignored when the program started stays ignored: `nohup` means it, and so does a shell that starts a job aside.
final class InterruptionSignals {
  private let numbers: [Int32]
  private let sources: [any DispatchSourceSignal]

  init(_ interruption: Interruption) {
    numbers = [SIGINT, SIGTERM, SIGHUP].filter { number in
      var action = sigaction()
      sigaction(number, nil, &action)
      return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) != unsafeBitCast(SIG_IGN, to: Int.self)
    }
    sources = numbers.map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        if interruption.isRequested { _exit(130) }
        interruption.request()
        printError("finishing the step, then writing a checkpoint; once more to quit at once")
      }
      source.resume()
      return source
    }
  }

  func cancel() {
    for source in sources { source.cancel() }
    for number in numbers { signal(number, SIG_DFL) }
  }
}
