import Foundation

/// Something that watches training and may act on it. Subclasses override what they need.
///
/// Callbacks are called in the order of their list. What one throws ends the training.
open class Callback {
  public init() {}

  /// Before anything else: the state that ``checkpointState`` gave when the restored checkpoint was written.
  open func restore(_ state: [String: Double], trainer: Trainer) throws {}
  /// Numbers to be found again after resuming. Keys must be the callback's own.
  open var checkpointState: [String: Double] { [:] }

  open func trainingBegan(_ trainer: Trainer) throws {}
  open func epochBegan(_ trainer: Trainer) throws {}
  open func stepEnded(_ trainer: Trainer) throws {}
  open func epochEnded(_ trainer: Trainer, _ record: EpochRecord) throws {}
  open func trainingEnded(_ trainer: Trainer, _ end: TrainingEnd) throws {}
}

/// Stops when the validation loss (without validation, the training loss) has not fallen for `patience`
/// epochs.
public final class EarlyStopping: Callback {
  public let patience: Int
  public let minimumImprovement: Double
  private var best = Double.infinity
  private var epochsWithout = 0

  public init(patience: Int, minimumImprovement: Double = 0) {
    (self.patience, self.minimumImprovement) = (patience, minimumImprovement)
  }

  public override func restore(_ state: [String: Double], trainer: Trainer) {
    best = state["earlyStopping.best"] ?? .infinity
    epochsWithout = Int(state["earlyStopping.epochsWithout"] ?? 0)
  }

  public override var checkpointState: [String: Double] {
    best.isFinite ? ["earlyStopping.best": best, "earlyStopping.epochsWithout": Double(epochsWithout)] : [:]
  }

  public override func epochEnded(_ trainer: Trainer, _ record: EpochRecord) {
    guard let loss = (record.validation ?? record.training).first?.value else { return }
    if loss < best - minimumImprovement {
      best = loss
      epochsWithout = 0
    } else {
      epochsWithout += 1
      if epochsWithout >= patience {
        trainer.stop(
          "early stopping: no improvement on \(best.formatted(digits: 4)) in \(patience) epoch\(patience == 1 ? "" : "s")"
        )
      }
    }
  }
}

/// How the learning rate changes with the epochs; a function of the epoch alone, so it survives resuming.
public enum LearningRateSchedule: Equatable, Sendable, CustomStringConvertible {
  case constant
  /// Multiplied by `factor` after every epoch.
  case exponential(factor: Float)
  /// From the full rate to 0 over the epochs, along half a cosine (Loshchilov and Hutter, 2017).
  case cosine

  /// `constant`, `exponential:0.95` or `cosine`.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    switch (parts.first, parts.count) {
    case ("constant", 1): self = .constant
    case ("cosine", 1): self = .cosine
    case ("exponential", 2):
      guard let factor = Float(parts[1]), factor > 0, factor.isFinite else { return nil }
      self = .exponential(factor: factor)
    default: return nil
    }
  }

  public var description: String {
    switch self {
    case .constant: "constant"
    case .exponential(let factor): "exponential:\(factor)"
    case .cosine: "cosine"
    }
  }

  /// The factor of the base rate in `epoch`, from 0.
  public func factor(epoch: Int, of epochs: Int) -> Float {
    switch self {
    case .constant: 1
    case .exponential(let factor): Float(pow(Double(factor), Double(epoch)))
    case .cosine: Float(0.5 * (1 + cos(Double.pi * Double(epoch) / Double(max(1, epochs)))))
    }
  }
}

/// Sets every optimizer's learning rate at the start of each epoch.
public final class LearningRateScheduler: Callback {
  public let schedule: LearningRateSchedule
  private var baseRates: [Float]

  /// - Parameter baseRates: One an optimizer, in the trainer's order.
  public init(_ schedule: LearningRateSchedule, baseRates: [Float]) {
    (self.schedule, self.baseRates) = (schedule, baseRates)
  }

  public override func epochBegan(_ trainer: Trainer) {
    let factor = schedule.factor(epoch: trainer.progress.epoch, of: trainer.plan.epochs)
    for ((_, optimizer), rate) in zip(trainer.optimizers, baseRates) { optimizer.learningRate = rate * factor }
  }
}

extension Callback {
  public static func earlyStopping(patience: Int) -> Callback { EarlyStopping(patience: patience) }
  public static var progress: Callback { ProgressReport() }
}
