import Datasets
import Files
import Foundation
import Layers
import Models
import Tensors

/// Trains a model: stages, epochs, validation, callbacks, exact resumption.
///
/// One loop for every model family; what a step does belongs to the model.
public final class Trainer {
  /// What is trained.
  public let model: any TrainableModel
  /// The model's, with the learners that `fit` trains.
  public let stages: [Stage]
  /// Of all stages, each once: stages may share them.
  public var learners: [Learner] {
    var seen = Set<ObjectIdentifier>()
    return stages.flatMap(\.learners).filter { seen.insert(ObjectIdentifier($0)).inserted }
  }
  /// Where training stands: at its beginning, or where a checkpoint that was restored left it.
  public internal(set) var progress = TrainingProgress()
  /// Ask it to stop from anywhere; the step in flight is finished first.
  public let interruption: Interruption
  /// Those that the last `fit` was given, by phase.
  public private(set) var callbacks: [Callback] = []
  /// What `fit` was asked to do last; there is none before, and asking for it stops the program.
  public var plan: TrainingPlan { currentPlan! }
  private var currentPlan: TrainingPlan?
  /// What the numbers of the run depend on; known from `fit` on.
  private(set) var identity: RunIdentity?
  /// The checkpoint that was last written or read, for messages.
  public internal(set) var lastCheckpoint: URL?
  /// Told what a person should know; by default standard error is.
  public var notice: (String) -> Void = { StandardError.write($0 + "\n") }

  /// What a checkpoint holds for the next `fit`.
  var restored: (identity: RunIdentity, parts: [String: SavedState])?
  /// Measurements that may still be on the device, oldest first.
  private var pending: [(step: Int, end: Int, count: Int, measurements: Measurements)] = []
  private var stopReason: String?
  private var failedReports: Set<ObjectIdentifier> = []
  /// Since the last record, for the speed alone: they are in no checkpoint.
  private(set) var secondsInSteps = 0.0
  private(set) var samplesInSteps = 0
  /// How long the steps of the last `fit` have waited for their batches.
  public private(set) var secondsWaitingForData = 0.0
  /// How many steps may be in flight before their measurements are read, and for how long: enough to keep a card busy, few
  /// enough to notice a NaN soon.
  private static let readInterval = (steps: 16, seconds: 0.5)
  private var lastRead = ContinuousClock.now
  /// Whether the device has finished every step so far.
  public var hasReadAllSteps: Bool { pending.isEmpty }
  /// Since the last record; nil before the first steps are read.
  public var samplesPerSecond: Double? { hasReadAllSteps && secondsInSteps > 0 ? Double(samplesInSteps) / secondsInSteps : nil }

  /// - Parameter optimizer: In place of the published one, for a model with one learner.
  public init(
    _ model: any TrainableModel, optimizer: Optimizer? = nil, interruption: Interruption = Interruption()
  ) {
    (self.model, stages, self.interruption) = (model, model.stages(), interruption)
    let names = learners.map(\.name)
    precondition(
      Set(names).count == names.count,
      "the model's learners \(names) do not have a name each; stages that share one must have the same object")
    if let optimizer {
      guard learners.count == 1 else {
        fatalError("one optimizer for \(learners.count) learners; set each of trainer.stages[…].learners")
      }
      learners[0].optimizer = optimizer
    }
  }

  /// Trains a stage to its end, counting what a restored checkpoint brought.
  ///
  /// - Parameters:
  ///   - validation: Evaluated after every epoch, in evaluation mode, with the same noise every time.
  ///   - stage: The only or first one if nil, or that under way.
  ///   - epochs, iterations: How long; the stage's own length if neither is given.
  ///   - batchSize: The stage's own if nil.
  ///   - seed: Of the order of the samples. The model has its own for weights and noise.
  /// - Returns: Why it ended.
  /// - Throws: `TrainingError` if a measurement is not finite; `CheckpointError` if a restored checkpoint is of another run
  ///   or of other data; what callbacks, the data set and the device throw.
  @discardableResult
  public func fit(
    _ training: any Dataset, validation: (any Dataset)? = nil, stage: String? = nil, epochs: Int? = nil,
    iterations: Int? = nil, batchSize: Int? = nil, seed: UInt64 = 0, callbacks: [Callback] = []
  ) throws -> TrainingEnd {
    let name = stage ?? (progress.stage.isEmpty ? stages[0].name : progress.stage)
    guard let stage = stages.first(where: { $0.name == name }) else {
      throw TrainingError.invalid("there is no stage “\(name)”; stages: \(stages.map(\.name).joined(separator: ", "))")
    }
    let plan = try TrainingPlan(
      stage, length: iterations.map { .iterations($0) } ?? epochs.map { .epochs($0) }, batchSize: batchSize, seed: seed,
      training: training, validation: validation)
    let identity = try RunIdentity(model: model, data: training, batchSize: plan.batchSize, seed: seed)
    self.callbacks = Callback.Phase.allCases.flatMap { phase in callbacks.filter { $0.phase == phase } }
    (stopReason, pending, failedReports) = (nil, [], [])
    try putBack(identity)
    progress.begin(stage.name)
    guard progress.position <= training.count else {
      throw TrainingError.invalid("the run stands at sample \(progress.position) of an epoch, the data set has \(training.count)")
    }
    (currentPlan, self.identity) = (plan, identity)
    noticeStretchedSchedules()
    (secondsInSteps, samplesInSteps, secondsWaitingForData) = (0, 0, 0)
    try notify { try $0.trainingBegan(self) }
    let end = try run(training, validation: validation)
    try notify { try $0.trainingEnded(self, end) }
    return end
  }

  private func run(_ training: any Dataset, validation: (any Dataset)?) throws -> TrainingEnd {
    let context = StepContext(plan.stage.learners, stage: plan.stage.name)
    while !plan.isComplete(progress) {
      let batches = try BatchSequence(
        training, of: model.inputs, batchSize: plan.samplesPerStep, seed: plan.seed, epoch: progress.epoch,
        startingAt: progress.position
      ).start()
      model.train()
      for learner in plan.stage.learners { learner.beginEpoch(progress.epoch, of: plan.epochs) }
      progress.plannedEpochs = plan.epochs
      var clock = ContinuousClock.now
      while let batch = try next(of: batches) {
        let measurements = try model.step(Batch(batch, on: model.device), context)
        progress.step += 1
        progress.position = batch.position
        pending.append((progress.step, batch.position, batch.count, measurements))
        let endsEpoch = progress.position == plan.trainingCount
        let isLong = (ContinuousClock.now - lastRead).inSeconds > Self.readInterval.seconds
        if pending.count >= Self.readInterval.steps || isLong || endsEpoch { try readMeasurements() }
        secondsInSteps += (ContinuousClock.now - clock).inSeconds
        samplesInSteps += batch.count
        try stepEnded(endsEpoch: endsEpoch, validation: validation)
        if let stopReason { return .stopped(stopReason) }
        if plan.isComplete(progress) { break }
        if interruption.isRequested {
          try readMeasurements()
          return .interrupted
        }
        clock = .now
      }
    }
    return .finished
  }

  private func next(of batches: BatchIterator) throws -> HostBatch? {
    let asked = ContinuousClock.now
    defer { secondsWaitingForData += (ContinuousClock.now - asked).inSeconds }
    return try batches.next()
  }

  /// Takes the means if it is time, then tells the callbacks, phase by phase.
  private func stepEnded(endsEpoch: Bool, validation: (any Dataset)?) throws {
    let epoch = progress.epoch + 1
    if endsEpoch { progress.finishEpoch() }
    var record: TrainingRecord?
    let completed = endsEpoch ? progress.epoch : nil
    let isDue = endsEpoch || plan.stage.recordEvery.isDue(step: progress.step, epoch: completed, minutes: 0)
    if isDue || plan.isComplete(progress) {
      try readMeasurements()
      let validated = endsEpoch ? try validation.flatMap(evaluate) : nil
      if let mean = validated?.first(where: { !$0.value.isFinite }) {
        throw TrainingError.validationNotFinite(
          measurement: mean.name, value: mean.value, epoch: epoch, checkpoint: lastCheckpoint?.path)
      }
      record = TrainingRecord(
        stage: plan.stage.name, epoch: epoch, step: progress.step,
        totalSteps: progress.totalSteps, endsEpoch: endsEpoch, isEarly: !isDue, training: progress.means,
        validation: validated, seconds: secondsInSteps, samples: samplesInSteps)
      // One that is made only because training ends must not change what a longer run would record.
      if isDue { progress.sums = MeasurementSums() }
      (secondsInSteps, samplesInSteps) = (0, 0)
    }
    try notify { callback in
      if let record { try callback.recorded(self, record) }
      try callback.stepEnded(self)
    }
  }

  /// Calls every callback. One that reports to people cannot end the training: it is said once that it failed.
  private func notify(_ call: (Callback) throws -> Void) throws {
    for callback in callbacks {
      do { try call(callback) } catch {
        guard callback.phase == .report else { throw error }
        if failedReports.insert(ObjectIdentifier(callback)).inserted { notice("warning: \(error); training goes on") }
      }
    }
  }

  /// Reads the measurements of all steps so far, and stops at the first that is not finite.
  func readMeasurements() throws {
    defer { lastRead = .now }
    let read = pending
    pending.removeAll(keepingCapacity: true)
    var scalars = try Tensor.scalars(of: read.flatMap { $0.measurements.entries.map(\.value) })[...]
    for (step, end, count, measurements) in read {
      let values = try measurements.entries.map { entry in
        let value = scalars.removeFirst()
        guard value.isFinite else {
          throw TrainingError.notFinite(
            measurement: entry.name, value: value, epoch: progress.epoch + 1, step: step, samples: end - count..<end,
            checkpoint: lastCheckpoint?.path)
        }
        return (name: entry.name, value: value, weight: entry.weight ?? count)
      }
      for (name, value, weight) in values { progress.sums.add(value, to: name, weight: weight) }
      let measured = MeasuredStep(
        totalSteps: progress.stepsBefore + step, stepOfEpoch: (end - 1) / plan.samplesPerStep + 1,
        endsEpoch: end == plan.trainingCount, measurements: values)
      try notify { try $0.measured(self, measured) }
    }
  }

  /// The means over a data set, in evaluation mode, with noise that is the same at every call; nil if the model has nothing
  /// to validate.
  public func evaluate(_ data: any Dataset) throws -> [MeasurementMean]? {
    try Trainer.evaluate(model, in: plan.stage, on: data, seed: plan.seed, batchSize: plan.batchSize)
  }

  /// The means of what a model measures over a data set, in evaluation mode; nil if the model has nothing to validate.
  ///
  /// - Parameters:
  ///   - stage: Of the model, whose measurements are wanted.
  ///   - seed: Of the noise; with the same one the numbers are the same.
  ///   - batchSize: How many samples are computed at a time.
  /// - Throws: What the data set and the device throw.
  public static func evaluate(
    _ model: any TrainableModel, in stage: Stage, on data: any Dataset, seed: UInt64, batchSize: Int
  ) throws -> [MeasurementMean]? {
    let generator = RandomGenerator(seed: seed ^ 0x5641_4C49_4441_5445)  // apart from the training's stream
    var sums = MeasurementSums(), waiting: [(count: Int, measurements: Measurements)] = []
    func read() throws {
      try sums.add(waiting)
      waiting = []
    }
    let batches = try BatchSequence(data, of: model.inputs, batchSize: batchSize).start()
    while let batch = try batches.next() {
      guard let measurements = model.evaluate(Batch(batch, on: model.device), in: stage, using: generator) else {
        return nil
      }
      waiting.append((batch.count, measurements))
      if waiting.count == readInterval.steps { try read() }
    }
    try read()
    return sums.means
  }

  /// Lets a callback end the training after the current step.
  public func stop(_ reason: String) { stopReason = reason }
}

extension Duration {
  package var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
