import Backends
import Datasets
import Layers
import Pictures
import Tensors

/// A model with a recipe, as the trainer and the checkpoints see it. A model family owns its step.
public protocol TrainableModel: GenerativeModel {
  /// The data set that it is trained on if nobody names another, by the name of the command line.
  static var usualData: String { get }
  /// A configuration that names the files of all trained weights of others that steps go by, for a new run. These weights are
  /// in no checkpoint.
  ///
  /// - Parameter notice: Told what is used, and what is done without.
  /// - Throws: If weights were asked for that cannot be had.
  static func resolved(_ configuration: Configuration, notice: (String) -> Void) throws -> Configuration
  /// Reads these files; before the first step.
  func loadPretrainedWeights() throws
  /// The fields it takes from a data set, in the ranges it wants them in.
  var inputs: [Field] { get }

  /// The stages of its training, with new learners.
  func stages() -> [Stage]
  /// One step of training: every gradient goes through the context.
  func step(_ batch: Batch, _ context: StepContext) throws -> Measurements
  /// The same measurements in evaluation mode, without a step; nil if there is nothing to validate.
  func evaluate(_ batch: Batch, in stage: Stage, using generator: RandomGenerator) -> Measurements?
  /// What the model has learnt in a stage: the same noise, and the same `held` samples that it was not trained on, every time.
  func samples(_ noise: FixedNoise, of held: (any Dataset)?, in stage: Stage) throws -> [Sample]
}

extension TrainableModel {
  public static var usualData: String { "fashion-mnist" }

  /// Most models go by no weights of others.
  public static func resolved(_ configuration: Configuration, notice _: (String) -> Void) throws -> Configuration { configuration }
  public func loadPretrainedWeights() throws {}
}

/// A picture a model made, and the name of its file without `.png`.
public struct Sample {
  /// What it shows, such as `manifold`: in file names, and in TensorBoard.
  public let name: String
  /// Written as it is, a pixel a pixel.
  public let picture: Picture

  /// - Parameter name: Part of a file name: without slashes, and another for every sample.
  public init(_ name: String, _ picture: Picture) { (self.name, self.picture) = (name, picture) }
}

/// The noise that samples are drawn from, the same at every call, and how many may be computed at a time.
public struct FixedNoise: Sendable {
  /// What `generator` starts from.
  public let seed: UInt64
  /// No larger than training's, so that pictures need no more memory than steps.
  public let batchSize: Int

  /// - Parameter batchSize: How many samples may be computed at a time.
  public init(seed: UInt64, batchSize: Int) { (self.seed, self.batchSize) = (seed, batchSize) }

  /// A new generator at the beginning of the stream.
  public var generator: RandomGenerator { RandomGenerator(seed: seed) }
}

/// A model trained by minimizing one loss with one learner.
public protocol LossModel: TrainableModel {
  /// The optimizer it was published with.
  func optimizer() -> Optimizer
  /// The loss to be minimized, its parts, and what else is measured.
  func losses(_ batch: Batch, using generator: RandomGenerator) -> (loss: Tensor, parts: Measurements)
}

extension LossModel {
  /// One stage, `training`: 10 epochs, the published batch size, one learner `optimizer` for all parameters; best is
  /// where `loss` is lowest.
  public func stages() -> [Stage] {
    [
      Stage(
        length: .epochs(10), batchSize: Self.batchSize,
        learners: [Learner("optimizer", optimizer(), self, of: self)], best: .lowest("loss"))
    ]
  }

  public func step(_ batch: Batch, _ context: StepContext) -> Measurements {
    let losses = losses(batch, using: random)
    context.minimize(losses.loss, "optimizer")
    return losses.parts
  }

  public func evaluate(_ batch: Batch, in stage: Stage, using generator: RandomGenerator) -> Measurements? {
    evaluating { withoutGradient { losses(batch, using: generator).parts } }
  }
}
