import Layers

/// A part of training with learners and a length of its own. Most models have one; the age-conditional GAN has three.
public struct Stage {
  /// What `fit`, records and checkpoints call it; no two stages of a model have the same name.
  public let name: String
  /// What is trained for if nobody says otherwise.
  public let length: Length
  /// Samples in a batch if nobody says otherwise.
  public let batchSize: Int
  /// How many batches a step is given at once: one for each step of a discriminator that takes several.
  public let batchesPerStep: Int
  /// Whose parameters its steps change; stages may share them.
  public let learners: [Learner]
  /// By what the best checkpoint is told and training stopped early; nil where no measurement says so, as in a GAN.
  public let best: Criterion?
  /// How often means are recorded; at the end of every epoch and of training they always are.
  public let recordEvery: Cadence
  /// How often pictures of samples are written if nobody says otherwise.
  public let sampleEvery: Cadence
  /// How often a checkpoint is written if nobody says otherwise.
  public let checkpointEvery: Cadence

  /// How long a stage is trained.
  public enum Length: Hashable, Sendable {
    /// Passes over the training data.
    case epochs(Int)
    /// Steps, counted from the stage's first.
    case iterations(Int)
  }

  /// A measurement of which less is better. Where there is a validation set, its value there counts.
  public struct Criterion: Hashable, Sendable {
    /// Its name in what the step measures, such as `loss`.
    public let measurement: String

    /// Best is where `measurement` is lowest.
    public static func lowest(_ measurement: String) -> Criterion { Criterion(measurement: measurement) }
  }

  /// By default means are recorded at the end of every epoch, samples and checkpoints written there, and no measurement
  /// tells the best checkpoint.
  ///
  /// - Parameter name: To be given if the model has several stages.
  public init(
    _ name: String = "training", length: Length, batchSize: Int, batchesPerStep: Int = 1, learners: [Learner],
    best: Criterion? = nil,
    recordEvery: Cadence = .never, sampleEvery: Cadence = .epochs(1), checkpointEvery: Cadence = .epochs(1)
  ) {
    (self.name, self.length, self.batchSize, self.batchesPerStep) = (name, length, batchSize, batchesPerStep)
    (self.learners, self.best) = (learners, best)
    (self.recordEvery, self.sampleEvery, self.checkpointEvery) = (recordEvery, sampleEvery, checkpointEvery)
  }
}
