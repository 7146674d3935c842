import Files
import Foundation
import Layers
import Models

/// Writes `last.safetensors` as often as it is told to, and when training ends; and `best.safetensors` when the stage's
/// criterion has never been lower in the stage.
public final class CheckpointWriter: Callback, Stateful {
  /// Where the files are; made when training begins.
  public let folder: URL
  private let cadence: Cadence?
  private var best: Double?
  /// Whose best that is.
  private var stage = ""
  private var written = (stage: "", step: -1)
  private var writtenAt = ContinuousClock.now

  /// - Parameter cadence: The stage's own if nil.
  public init(folder: URL, every cadence: Cadence? = nil) { (self.folder, self.cadence) = (folder, cadence) }

  /// `last.safetensors` in a folder of checkpoints.
  public static func last(in folder: URL) -> URL { folder.appendingPathComponent("last.safetensors") }
  /// `best.safetensors` in a folder of checkpoints.
  public static func best(in folder: URL) -> URL { folder.appendingPathComponent("best.safetensors") }

  /// `save`.
  public override var phase: Phase { .save }

  /// Makes the folder.
  public override func trainingBegan(_ trainer: Trainer) throws {
    try createFolder(folder)
    if stage != trainer.progress.stage { (best, stage) = (nil, trainer.progress.stage) }
    written = (trainer.progress.stage, trainer.lastCheckpoint == nil ? -1 : trainer.progress.step)
    writtenAt = .now
  }

  public override func recorded(_ trainer: Trainer, _ record: TrainingRecord) throws {
    guard record.endsEpoch, let criterion = trainer.plan.stage.best, let value = record.value(of: criterion),
      best.map({ value < $0 }) ?? true
    else { return }
    best = value
    try Checkpoint.write(trainer, to: Self.best(in: folder))
  }

  public override func stepEnded(_ trainer: Trainer) throws {
    let progress = trainer.progress, cadence = cadence ?? trainer.plan.stage.checkpointEvery
    let minutes = (ContinuousClock.now - writtenAt).inSeconds / 60
    let epoch = progress.position == 0 ? progress.epoch : nil
    if cadence.isDue(step: progress.step, epoch: epoch, minutes: minutes) { try write(trainer) }
  }

  /// Writes `last.safetensors`, unless that has the last step already.
  public override func trainingEnded(_ trainer: Trainer, _ end: TrainingEnd) throws {
    if written != (trainer.progress.stage, trainer.progress.step) { try write(trainer) }
  }

  private func write(_ trainer: Trainer) throws {
    try Checkpoint.write(trainer, to: Self.last(in: folder))
    (written, writtenAt) = ((trainer.progress.stage, trainer.progress.step), .now)
  }

  // MARK: State

  private struct Saved: Codable {
    var best: Double?
    var stage: String
  }

  public var stateName: String { "checkpoints" }

  public func checkpointState() throws -> State { try State(encoding: Saved(best: best, stage: stage)) }

  public func restoring(_ state: SavedState) throws -> () -> Void {
    let saved = try state.decode(Saved.self)
    return { [self] in (best, stage) = (saved.best, saved.stage) }
  }
}
