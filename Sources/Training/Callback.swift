import Layers

/// Something that watches training and may act on it. Subclasses override what they need; one that must be restored when a
/// run is resumed also conforms to ``Stateful``.
open class Callback {
  /// When a callback is called; within a phase, in the order of the trainer's list.
  public enum Phase: CaseIterable, Sendable {
    /// Before a checkpoint that counts on it: logs, and what decides about training. What it throws ends the training.
    case record
    /// Checkpoints. What it throws ends the training.
    case save
    /// For people, when everything is safe: what it throws is said once, and training goes on.
    case report
  }

  /// A callback that does nothing.
  public init() {}

  /// `record` by default.
  open var phase: Phase { .record }

  /// At the beginning of every `fit`, with a restored checkpoint in place and before the first step.
  open func trainingBegan(_ trainer: Trainer) throws {}
  /// The measurements of a step have been read from the device: of every step, in order, some steps later, and before a
  /// record or a checkpoint that counts them.
  open func measured(_ trainer: Trainer, _ step: MeasuredStep) throws {}
  /// Means have been taken: after as many steps as the stage says, and at the end of every epoch.
  open func recorded(_ trainer: Trainer, _ record: TrainingRecord) throws {}
  /// After every step, behind ``Callback/recorded(_:_:)`` if both are called.
  open func stepEnded(_ trainer: Trainer) throws {}
  /// When `fit` is about to return, but not when it throws.
  open func trainingEnded(_ trainer: Trainer, _ end: TrainingEnd) throws {}
}

extension Callback {
  /// An ``EarlyStopping``: ends training when what is best has not fallen for `patience` epochs.
  public static func earlyStopping(patience: Int) -> Callback { EarlyStopping(patience: patience) }
  /// A ``ProgressReport`` on standard error.
  public static var progress: Callback { ProgressReport() }
}
