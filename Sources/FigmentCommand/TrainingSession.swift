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
  /// Those that are left to train, in order.
  private let stages: [Stage]
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
    try model.loadPretrainedWeights()
    trainer = Trainer(model)
    trainer.notice = { printError($0) }
    try Self.setLearners(of: trainer, settings)
    // The first batch says whether the data fits the model, while nothing has been written.
    for part in [data.training, data.validation].compactMap({ $0 }) where part.count > 0 {
      _ = try part.batch(0..<1, of: model.inputs)
    }
    if let classes = (model as? any AdversarialModel)?.classes, let names = data.training.field("label")?.classNames,
      names.count > classes
    {
      throw UsageError("\(settings.data) has \(names.count) classes, the model \(classes): set classes in a --config file")
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
    stages = try Self.stagesAhead(of: trainer, settings)
    try directory.prepare()
    try settings.write(to: directory.configuration)
  }

  /// - Parameter inputs: What the model takes: pictures and shapes are brought to the size of its images and volumes.
  static func load(_ settings: RunConfiguration, for inputs: [Field]) throws -> DatasetSplit {
    try DatasetLocator().load(
      settings.data, for: inputs, validationFraction: settings.validationFraction, seed: settings.seed,
      pictures: settings.pictures ?? .init())
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
      "\(type.title): \(trainer.model.parameterCount) parameters, \(counted(data.training.count, "sample")), "
        + "\(data.validation?.count ?? 0) for validation, seed \(settings.seed)")
    printError("computing on \(selection.device): \(selection.reason)")
    if progress.step > 0 {
      printError("resuming after step \(progress.step), in epoch \(progress.epoch + 1)\(ofStage(progress.stage))")
    }
    let signals = InterruptionSignals(trainer.interruption), callbacks = callbacks()
    defer { signals.cancel() }
    // A program that was killed behind the last checkpoint of a stage has not drawn what comes after it.
    let over = trainer.stages.first { $0.name == progress.stage && Self.isOver($0, progress, settings) }
    if let over { _ = try fit(over, callbacks.filter { !($0 is ProgressReport) }) }
    guard !stages.isEmpty else { return printError(alreadyDone(progress)) }
    for stage in stages {
      let start = ContinuousClock.now, end = try fit(stage, callbacks)
      if verbose {
        let share = trainer.secondsWaitingForData / (ContinuousClock.now - start).inSeconds
        printError(String(format: "waited for data %.1f %% of the time", 100 * share))
      }
      guard end == .interrupted else { continue }
      printError("checkpoint: \(directory.lastCheckpoint.path); continue with --resume \(directory.url.relativePath)")
      throw ExitCode(130)
    }
    if verbose {
      let mebibytes = Double(selection.device.backend.statistics.peakBytes) / Double(1 << 20)
      printError(String(format: "peak device memory: %.1f MiB", mebibytes))
    }
    try printOutput(directory.url.relativePath)
  }

  private func fit(_ stage: Stage, _ callbacks: [Callback]) throws -> TrainingEnd {
    try trainer.fit(
      data.training, validation: data.validation, stage: stage.name, epochs: settings.epochs, iterations: settings.iterations,
      batchSize: settings.batchSize, seed: settings.seed, callbacks: callbacks)
  }

  /// Those that were asked for and are not over, in order.
  private static func stagesAhead(of trainer: Trainer, _ settings: RunConfiguration) throws -> [Stage] {
    let all = trainer.stages, progress = trainer.progress
    let now = all.firstIndex { $0.name == progress.stage } ?? 0
    let wanted = all.indices.filter { settings.stages?.contains(all[$0].name) ?? true }
    if let last = wanted.last, last < now {
      throw UsageError(
        "the run is at the stage “\(progress.stage)”, behind “\(all[last].name)”, which cannot be gone back to; begin another run for it"
      )
    }
    return wanted.filter { $0 >= now }.map { all[$0] }.filter { $0.name != progress.stage || !isOver($0, progress, settings) }
  }

  /// - Parameter progress: Of this stage.
  private static func isOver(_ stage: Stage, _ progress: TrainingProgress, _ settings: RunConfiguration) -> Bool {
    switch length(of: stage, settings) {
    case .epochs(let count): progress.epoch >= count
    case .iterations(let count): progress.step >= count
    }
  }

  private static func length(of stage: Stage, _ settings: RunConfiguration) -> Stage.Length {
    settings.iterations.map { .iterations($0) } ?? settings.epochs.map { .epochs($0) } ?? stage.length
  }

  /// Of a model with several stages.
  private func ofStage(_ name: String) -> String { trainer.stages.count > 1 ? " of the stage “\(name)”" : "" }

  /// What a finished run has, and how to ask for more.
  private func alreadyDone(_ progress: TrainingProgress) -> String {
    let stage = trainer.stages.first { $0.name == progress.stage } ?? trainer.stages[0]
    let (count, unit, option) =
      if case .epochs = Self.length(of: stage, settings) { (progress.epoch, "epoch", "--epochs") } else {
        (progress.step, "iteration", "--iterations")
      }
    let next = trainer.stages.drop { $0.name != stage.name }.dropFirst().first
    return "the run already has \(counted(count, unit))\(ofStage(stage.name)); ask for more with \(option)"
      + (next.map { ", or for the next stage with --stage \($0.name)" } ?? "")
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
