import Layers

/// A part of training with learners and a length of its own. Most models have one; the age-conditional GAN has three.
public struct Stage {
  public let name: String
  /// What is trained for if nobody says otherwise.
  public let length: Length
  public let batchSize: Int
  public let learners: [Learner]
  /// By what the best checkpoint is told and training stopped early; nil where no measurement says so, as in a GAN.
  public let best: Criterion?
  /// How often means are recorded; at the end of every epoch and of training they always are.
  public let recordEvery: Cadence
  public let sampleEvery: Cadence
  public let checkpointEvery: Cadence

  public enum Length: Hashable, Sendable {
    case epochs(Int)
    /// Steps, counted from the stage's first.
    case iterations(Int)
  }

  /// A measurement of which less is better. Where there is a validation set, its value there counts.
  public struct Criterion: Hashable, Sendable {
    public let measurement: String

    public static func lowest(_ measurement: String) -> Criterion { Criterion(measurement: measurement) }
  }

  public init(
    _ name: String = "training", length: Length, batchSize: Int, learners: [Learner], best: Criterion? = nil,
    recordEvery: Cadence = .never, sampleEvery: Cadence = .epochs(1), checkpointEvery: Cadence = .epochs(1)
  ) {
    (self.name, self.length, self.batchSize, self.learners, self.best) = (name, length, batchSize, learners, best)
    (self.recordEvery, self.sampleEvery, self.checkpointEvery) = (recordEvery, sampleEvery, checkpointEvery)
  }
}
