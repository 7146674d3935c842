import Files
import Layers
import Models

/// Stops when what the stage calls best (its validation value; without validation, that of training) has not fallen for
/// `patience` epochs.
public final class EarlyStopping: Callback, Stateful {
  /// In epochs.
  public let patience: Int
  /// How much lower than the best a value must be to count as lower.
  public let minimumImprovement: Double
  private var best: Double?
  private var epochsWithout = 0
  /// Which these are of.
  private var stage = ""

  /// - Parameters:
  ///   - patience: After how many epochs in a row without improvement training stops.
  ///   - minimumImprovement: By how much a value must be below the best so far to be an improvement.
  public init(patience: Int, minimumImprovement: Double = 0) {
    (self.patience, self.minimumImprovement) = (patience, minimumImprovement)
  }

  /// Throws ``TrainingError`` if the stage does not say what is best.
  public override func trainingBegan(_ trainer: Trainer) throws {
    guard trainer.plan.stage.best != nil else {
      throw TrainingError.invalid(
        "training cannot be stopped early: no measurement of \(type(of: trainer.model)) says when it is best")
    }
    if stage != trainer.progress.stage { (best, epochsWithout, stage) = (nil, 0, trainer.progress.stage) }
  }

  public override func recorded(_ trainer: Trainer, _ record: TrainingRecord) {
    guard record.endsEpoch, let criterion = trainer.plan.stage.best, let value = record.value(of: criterion) else { return }
    if let best, value >= best - minimumImprovement {
      epochsWithout += 1
      if epochsWithout >= patience {
        trainer.stop(
          "early stopping: no improvement on \(best.formatted(digits: 4)) in \(patience) epoch\(patience == 1 ? "" : "s")"
        )
      }
    } else {
      (best, epochsWithout) = (value, 0)
    }
  }

  // MARK: State

  private struct Saved: Codable {
    var best: Double?
    var epochsWithout: Int
    var stage: String
  }

  public var stateName: String { "early stopping" }

  public func checkpointState() throws -> State {
    try State(encoding: Saved(best: best, epochsWithout: epochsWithout, stage: stage))
  }

  public func restoring(_ state: SavedState) throws -> () -> Void {
    let saved = try state.decode(Saved.self)
    guard saved.epochsWithout >= 0, saved.epochsWithout < 1 << 53 else {
      throw StateMismatch("\(saved.epochsWithout) epochs without improvement cannot be")
    }
    return { [self] in (best, epochsWithout, stage) = (saved.best, saved.epochsWithout, saved.stage) }
  }
}
