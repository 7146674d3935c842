import Backends
import Datasets
import Layers
import Models

/// What one call of `fit` was asked to do.
public struct TrainingPlan {
  /// The stage that is trained.
  public let stage: Stage
  /// Counted from the stage's beginning, not from where a checkpoint stands.
  public let length: Stage.Length
  /// Samples in a batch.
  public let batchSize: Int
  /// Of the order of the samples.
  public let seed: UInt64
  /// The number of samples in an epoch.
  public let trainingCount: Int

  /// As many batches as the stage's steps take; the last step of an epoch takes what is left.
  public var samplesPerStep: Int { batchSize * stage.batchesPerStep }
  /// The last, smaller step included.
  public var stepsPerEpoch: Int { trainingCount / samplesPerStep + (trainingCount % samplesPerStep == 0 ? 0 : 1) }

  /// Epochs, the last of which may be incomplete.
  public var epochs: Int {
    switch length {
    case .epochs(let epochs): epochs
    case .iterations(let steps): steps / stepsPerEpoch + (steps % stepsPerEpoch == 0 ? 0 : 1)
    }
  }

  func isComplete(_ progress: TrainingProgress) -> Bool {
    switch length {
    case .epochs(let epochs): progress.epoch >= epochs
    case .iterations(let steps): progress.step >= steps
    }
  }

  /// The share of the stage that is done, in [0, 1].
  func fractionDone(_ progress: TrainingProgress) -> Double {
    switch length {
    case .epochs(let epochs):
      min(1, (Double(progress.epoch) + Double(progress.position) / Double(trainingCount)) / Double(epochs))
    case .iterations(let steps): min(1, Double(progress.step) / Double(steps))
    }
  }

  init(
    _ stage: Stage, length: Stage.Length?, batchSize: Int?, seed: UInt64, training: any Dataset,
    validation: (any Dataset)?
  ) throws {
    let length = length ?? stage.length, batchSize = batchSize ?? stage.batchSize
    let (count, unit) =
      switch length {
      case .epochs(let epochs): (epochs, "epochs")
      case .iterations(let steps): (steps, "iterations")
      }
    guard count > 0, count < 1 << 53 else {
      throw TrainingError.invalid("the number of \(unit) is \(count); it must be at least 1 and below 2⁵³")
    }
    guard batchSize > 0, batchSize <= Int(Int32.max) else {
      throw TrainingError.invalid("the batch size is \(batchSize); it must be at least 1 and below 2³¹")
    }
    for data in [training, validation].compactMap({ $0 }) where data.count == 0 {
      throw TrainingError.invalid("the data set has no samples")
    }
    (self.stage, self.length, self.batchSize, self.seed) = (stage, length, batchSize, seed)
    trainingCount = training.count
  }
}

/// Why training ended.
public enum TrainingEnd: Equatable, Sendable {
  /// The stage has got to its length.
  case finished
  /// By a callback, such as early stopping.
  case stopped(String)
  /// By `Interruption`.
  case interrupted
}
