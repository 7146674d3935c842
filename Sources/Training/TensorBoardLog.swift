import Files
import Foundation
import Interchange
import Layers
import Models
import Pictures

/// Writes what a run measures, its pictures and its hyperparameters for `tensorboard --logdir`, as event files in the run's
/// folder and, so that both curves of a measurement stand in one chart, in its folders `train` and `validation`:
///
/// - `step/loss`: the mean over ``stepsPerPoint`` steps and over what is left of an epoch behind them; a point for every
///   step would fill disks and say no more.
/// - `epoch/loss` (`every_200_steps/loss` where the stage records at steps): what the trainer records, in training and in
///   validation.
/// - `learning_rate/…` of every learner and `images_per_second`, with every record.
///
/// All by the steps of the run. A run that was killed and goes on shows every point once: what a checkpoint counts on is on
/// the disk before it, later points are dropped, and of steps that have no point yet the sums are in the checkpoint.
public final class TensorBoardLog: Callback, Stateful {
  /// How many steps a point of `step/…` is a mean over.
  public static let stepsPerPoint = 16

  private enum Run: String, CaseIterable {
    /// Pictures and hyperparameters.
    case whole = ""
    case train, validation
  }

  private let folder: URL
  private var writers: [Run: TensorBoardWriter] = [:]
  /// Of the steps since the last point.
  private var sums = MeasurementSums()

  /// - Parameter folder: The run's own, in the one that `tensorboard --logdir` is given; it must be there when training
  ///   begins.
  public init(folder: URL) { self.folder = folder }

  /// Where the event files of a run in `folder` are.
  static func folders(in folder: URL) -> [URL] { Run.allCases.map { place($0, in: folder) } }

  private static func place(_ run: Run, in folder: URL) -> URL {
    run == .whole ? folder : folder.appendingPathComponent(run.rawValue)
  }

  /// Writes the hyperparameters; of a run that goes on, drops the points that its checkpoint does not know of.
  public override func trainingBegan(_ trainer: Trainer) throws {
    let steps = trainer.progress.totalSteps
    if trainer.progress.step == 0 { sums = MeasurementSums() }
    writers = [:]
    for run in Run.allCases where steps > 0 {
      let place = Self.place(run, in: folder)
      if FileManager.default.fileExists(atPath: place.path) {
        writers[run] = try TensorBoardWriter(folder: place, continuingAfter: steps)
      }
    }
    try TensorBoardWriter.writeHyperparameters(try hyperparameters(of: trainer), folder: folder)
  }

  public override func measured(_ trainer: Trainer, _ step: MeasuredStep) throws {
    for (name, value, weight) in step.measurements { sums.add(value, to: name, weight: weight) }
    guard step.endsEpoch || step.stepOfEpoch % Self.stepsPerPoint == 0 else { return }
    try add(sums.means, group: "step", to: .train, step: step.totalSteps)
    sums = MeasurementSums()
  }

  public override func recorded(_ trainer: Trainer, _ record: TrainingRecord) throws {
    let stage = trainer.plan.stage, step = record.totalSteps
    let group = if case .steps(let count) = stage.recordEvery { "every_\(count)_steps" } else { "epoch" }
    try add(record.training, group: group, to: .train, step: step)
    if let validation = record.validation { try add(validation, group: group, to: .validation, step: step) }
    for learner in stage.learners {
      try writer(.train).add(learner.optimizer.learningRate, named: "learning_rate/\(learner.name)", step: step)
    }
    try writer(.train).add(Float(record.samplesPerSecond), named: "images_per_second", step: step)
  }

  /// Unless it is there already, from before a run was interrupted.
  func add(_ picture: Picture, named name: String, step: Int) throws {
    let writer = try writer(.whole)
    if !writer.holds(name, step: step) { try writer.add(picture, named: name, step: step) }
  }

  private func add(_ means: [MeasurementMean], group: String, to run: Run, step: Int) throws {
    for mean in means { try writer(run).add(Float(mean.value), named: "\(group)/\(mean.name)", step: step) }
  }

  /// Made when there is something to write, so that TensorBoard lists no empty run.
  private func writer(_ run: Run) throws -> TensorBoardWriter {
    if let writer = writers[run] { return writer }
    let place = Self.place(run, in: folder)
    try createFolder(place)
    let writer = try TensorBoardWriter(folder: place)
    writers[run] = writer
    return writer
  }

  /// By the names that `config.json` has for them.
  private func hyperparameters(of trainer: Trainer) throws -> [String: JSONValue] {
    let model = trainer.model, plan = trainer.plan
    var values: [String: JSONValue] = [
      "model": .string(type(of: model).identifier), "device": .string(model.device.identifier),
      "batchSize": .number(Double(plan.batchSize)), "seed": .string("\(plan.seed)"),
    ]
    if case .object(let fields) = try JSONValue(encoding: model.configuration) { values.merge(fields) { own, _ in own } }
    switch plan.length {
    case .epochs(let count): values["epochs"] = .number(Double(count))
    case .iterations(let count): values["iterations"] = .number(Double(count))
    }
    if trainer.stages.count > 1 { values["stage"] = .string(plan.stage.name) }
    for learner in plan.stage.learners {
      let suffix = plan.stage.learners.count > 1 ? ".\(learner.name)" : ""
      values["optimizer" + suffix] = .string("\(type(of: learner.optimizer))")
      // By way of text: 0.0002, not the double that is nearest to that float.
      values["learningRate" + suffix] = try JSONValue(encoding: learner.baseLearningRate)
      values["learningRateSchedule" + suffix] = .string(learner.schedule.description)
    }
    return values
  }

  // MARK: State

  private struct Saved: Codable { var sums: MeasurementSums }

  public var stateName: String { "TensorBoard" }

  public func checkpointState() throws -> State {
    for writer in writers.values { try writer.synchronize() }
    return try State(encoding: Saved(sums: sums))
  }

  public func restoring(_ state: SavedState) throws -> () -> Void {
    let saved = try state.decode(Saved.self)
    guard saved.sums.isPlausible else { throw StateMismatch("its sums of measurements cannot be") }
    return { [self] in sums = saved.sums }
  }
}
