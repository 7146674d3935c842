import Layers
import Models

/// Where training stands: all that a checkpoint must remember of the loop.
public struct TrainingProgress: Codable, Equatable, Sendable {
  /// The stage under way, or the last one that was.
  public internal(set) var stage = ""
  /// Epochs of the stage completed.
  public internal(set) var epoch = 0
  /// Steps of the stage taken.
  public internal(set) var step = 0
  /// Steps of earlier stages.
  var stepsBefore = 0
  /// Samples of the current epoch that steps have used.
  public internal(set) var position = 0
  /// How many epochs the stage was to have when it was last trained: what a schedule went by.
  var plannedEpochs = 0
  /// Measured since the last record.
  var sums = MeasurementSums()

  /// Before the first step.
  public init() {}

  /// Means since the last record.
  public var means: [MeasurementMean] { sums.means }

  /// Steps of all stages.
  public var totalSteps: Int { stepsBefore + step }

  mutating func begin(_ stage: String) {
    guard stage != self.stage else { return }
    let total = totalSteps
    self = TrainingProgress()
    (self.stage, stepsBefore) = (stage, total)
  }

  mutating func finishEpoch() {
    epoch += 1
    position = 0
  }

  /// Throws if no program can have written it: numbers in a file may be anything.
  func check() throws {
    let counts = [
      ("epoch", epoch), ("step", step), ("stepsBefore", stepsBefore), ("position", position),
      ("plannedEpochs", plannedEpochs),
    ]
    for (name, count) in counts where count < 0 || count >= 1 << 53 {
      throw StateMismatch("its \(name) is \(count), which cannot be")
    }
    guard sums.isPlausible else { throw StateMismatch("its sums of measurements cannot be") }
  }
}

/// What was measured since the last record.
public struct TrainingRecord: Sendable {
  /// Its name.
  public let stage: String
  /// From 1: the epoch the last step belongs to.
  public let epoch: Int
  /// Steps of the stage so far.
  public let step: Int
  /// Steps of all stages so far.
  public let totalSteps: Int
  /// Whether the epoch is complete.
  public let endsEpoch: Bool
  /// Whether it was made only because training ends here: a longer run has none at this step.
  public let isEarly: Bool
  /// Means over the steps since the last record, in training mode.
  public let training: [MeasurementMean]
  /// At the end of an epoch, if there is something to validate.
  public let validation: [MeasurementMean]?
  /// Time spent in steps since the last record or the beginning of `fit`, without validation and callbacks.
  public let seconds: Double
  /// Samples in the steps that `seconds` counts.
  public let samples: Int

  /// Of the steps that `seconds` counts; 0 if there are none.
  public var samplesPerSecond: Double { seconds > 0 ? Double(samples) / seconds : 0 }

  /// The value that `criterion` looks at.
  public func value(of criterion: Stage.Criterion) -> Double? {
    (validation ?? training).first { $0.name == criterion.measurement }?.value
  }
}
