import Backends
import Datasets
import Foundation
import Layers
import Models
import Tensors

/// Trains a model: epochs, validation, callbacks, exact resumption.
///
/// One loop for every model family; what a step does belongs to the model.
public final class Trainer {
  public let model: any TrainableModel
  public let optimizers: [(name: String, optimizer: Optimizer)]
  public private(set) var progress = TrainingProgress()
  /// Ask it to stop from anywhere; the step in flight is finished first.
  public let interruption: Interruption
  public private(set) var callbacks: [Callback] = []
  /// What the current `fit` was asked to do.
  public private(set) var plan = TrainingPlan(epochs: 0, batchSize: 1, seed: 0)
  /// The checkpoint that was last written or read, for messages.
  public internal(set) var lastCheckpoint: URL?

  /// Losses that may still be on the device, oldest first.
  private var pending: [(step: Int, position: Int, count: Int, terms: LossTerms)] = []
  private var stopReason: String?
  /// How many steps may be in flight before their losses are read: enough to keep a card busy, few enough
  /// to notice a NaN soon.
  private let readInterval = 16

  public init(
    _ model: any TrainableModel, optimizers: [(name: String, optimizer: Optimizer)],
    interruption: Interruption = Interruption()
  ) {
    (self.model, self.optimizers, self.interruption) = (model, optimizers, interruption)
  }

  /// A trainer with one optimizer, or with those the model was published with.
  public convenience init(_ model: any TrainableModel, optimizer: Optimizer? = nil) {
    self.init(model, optimizers: optimizer.map { [("optimizer", $0)] } ?? model.optimizers(learningRate: nil))
  }

  /// Trains until `epochs` are complete, counting those that a restored checkpoint brought.
  ///
  /// - Parameters:
  ///   - validation: Evaluated after every epoch, in evaluation mode, with the same noise every time.
  ///   - seed: Of the order of the images. The model has its own for weights and noise.
  /// - Returns: Why it ended.
  /// - Throws: `TrainingError` if a loss is not finite; what callbacks and the device throw.
  @discardableResult
  public func fit(
    _ training: ImageDataset, validation: ImageDataset? = nil, epochs: Int, batchSize: Int, seed: UInt64 = 0,
    callbacks: [Callback] = []
  ) throws -> TrainingEnd {
    plan = TrainingPlan(epochs: epochs, batchSize: batchSize, seed: seed)
    plan.trainingCount = training.count
    try plan.validate(model: model, training: training, validation: validation)
    self.callbacks = callbacks
    stopReason = nil
    pending = []
    for callback in callbacks { try callback.restore(progress.callbackState, trainer: self) }
    for callback in callbacks { try callback.trainingBegan(self) }
    let end = try run(training, validation: validation)
    for callback in callbacks { try callback.trainingEnded(self, end) }
    return end
  }

  private func run(_ training: ImageDataset, validation: ImageDataset?) throws -> TrainingEnd {
    while progress.epoch < plan.epochs {
      if let end = try runEpoch(training) { return end }
      let validationLosses = try validation.map(evaluate)
      if let loss = validationLosses?.first(where: { !$0.value.isFinite }) {
        throw TrainingError.validationNotFinite(
          term: loss.name, value: loss.value, epoch: progress.epoch + 1, checkpoint: lastCheckpoint?.path)
      }
      let record = EpochRecord(
        epoch: progress.epoch + 1, step: progress.step, training: progress.means, validation: validationLosses,
        seconds: progress.secondsInEpoch, images: progress.imagesInEpoch)
      progress.finishEpoch()
      for callback in callbacks { try callback.epochEnded(self, record) }
      if let stopReason { return .stopped(stopReason) }
      if interruption.isRequested { return try interrupted() }
    }
    return .finished
  }

  /// The rest of the current epoch. Returns an end if it is cut short.
  private func runEpoch(_ training: ImageDataset) throws -> TrainingEnd? {
    model.train()
    let batches = BatchSequence(
      training, batchSize: plan.batchSize, seed: plan.seed, epoch: progress.epoch,
      startingAt: progress.position)
    for callback in callbacks { try callback.epochBegan(self) }
    var clock = ContinuousClock.now
    for batch in batches {
      let terms = model.trainingStep(
        TensorBatch(batch, on: model.device), optimizers: optimizers.map(\.optimizer))
      pending.append((progress.step + 1, progress.position, batch.count, terms))
      progress.step += 1
      progress.position += batch.count
      if pending.count >= readInterval { try readLosses() }
      let now = ContinuousClock.now
      progress.secondsInEpoch += (now - clock).inSeconds
      progress.imagesInEpoch += batch.count
      clock = now
      for callback in callbacks { try callback.stepEnded(self) }
      clock = .now
      if interruption.isRequested, progress.position < training.count { return try interrupted() }
    }
    try readLosses()
    progress.secondsInEpoch += (ContinuousClock.now - clock).inSeconds
    return nil
  }

  private func interrupted() throws -> TrainingEnd {
    try readLosses()
    return .interrupted
  }

  /// Reads the losses of all steps so far, and stops at the first that is not finite.
  func readLosses() throws {
    defer { pending.removeAll(keepingCapacity: true) }
    for (step, position, count, terms) in pending {
      for (name, value) in terms.terms {
        let loss = try value.scalar()
        guard loss.isFinite else {
          throw TrainingError.lossNotFinite(
            term: name, value: loss, epoch: progress.epoch + 1, step: step,
            images: position..<position + count, checkpoint: lastCheckpoint?.path)
        }
        progress.add(loss, to: name, count: count)
      }
      progress.countedImages += count
    }
  }

  /// The mean losses over a data set, in evaluation mode, with noise that is the same at every call.
  public func evaluate(_ data: ImageDataset) throws -> [LossMean] {
    try Trainer.evaluate(model, on: data, seed: plan.seed)
  }

  public static func evaluate(
    _ model: any TrainableModel, on data: ImageDataset, seed: UInt64, batchSize: Int = 128
  ) throws -> [LossMean] {
    let generator = RandomGenerator(seed: seed ^ 0x5641_4C49_4441_5445)  // apart from the training's stream
    var sums = LossSums()
    var waiting: [(count: Int, terms: LossTerms)] = []
    func read() throws {
      for (count, terms) in waiting {
        for (name, value) in terms.terms { sums.add(try value.scalar(), to: name, count: count) }
        sums.count += count
      }
      waiting = []
    }
    for batch in BatchSequence(data, batchSize: batchSize) {
      waiting.append((batch.count, model.evaluationStep(TensorBatch(batch, on: model.device), using: generator)))
      if waiting.count == 16 { try read() }
    }
    try read()
    return sums.means
  }

  /// Lets a callback end the training after the current epoch.
  public func stop(_ reason: String) { stopReason = reason }

  /// Continues from a checkpoint's progress; the next `fit` starts there.
  func resume(from progress: TrainingProgress) { self.progress = progress }
}

/// What one call of `fit` was asked to do.
public struct TrainingPlan: Sendable {
  public let epochs: Int
  public let batchSize: Int
  public let seed: UInt64
  /// The number of images in an epoch.
  public internal(set) var trainingCount = 0

  public var stepsPerEpoch: Int { (trainingCount + batchSize - 1) / batchSize }

  func validate(model: any TrainableModel, training: ImageDataset, validation: ImageDataset?) throws {
    guard batchSize > 0 else { throw TrainingError.invalid("the batch size is \(batchSize); it must be at least 1") }
    guard epochs > 0 else { throw TrainingError.invalid("the number of epochs is \(epochs); it must be at least 1") }
    for data in [training, validation].compactMap({ $0 }) {
      guard data.count > 0 else { throw TrainingError.invalid("the data set has no images") }
      guard data.imageShape.dimensions == model.imageShape else {
        throw TrainingError.invalid(
          "the images are \(data.imageShape), the model takes \(Shape(model.imageShape)); set imageShape in a --config file"
        )
      }
    }
  }
}

/// Why training ended.
public enum TrainingEnd: Equatable, Sendable {
  case finished
  /// By a callback, such as early stopping.
  case stopped(String)
  /// By `Interruption`.
  case interrupted
}

public enum TrainingError: Error, CustomStringConvertible {
  case lossNotFinite(term: String, value: Float, epoch: Int, step: Int, images: Range<Int>, checkpoint: String?)
  case validationNotFinite(term: String, value: Double, epoch: Int, checkpoint: String?)
  /// Found when a checkpoint was about to be written.
  case parameterNotFinite(String, step: Int, checkpoint: String?)
  case invalid(String)

  public var description: String {
    switch self {
    case .lossNotFinite(let term, let value, let epoch, let step, let images, let checkpoint):
      "the loss “\(term)” became \(value) at step \(step) (epoch \(epoch), images \(images.lowerBound) to "
        + "\(images.upperBound - 1) of the shuffled data); " + Self.mend(checkpoint)
    case .validationNotFinite(let term, let value, let epoch, let checkpoint):
      "the validation loss “\(term)” became \(value) in epoch \(epoch); " + Self.mend(checkpoint)
    case .parameterNotFinite(let name, let step, let checkpoint):
      "the parameter “\(name)” has elements that are not finite by step \(step); " + Self.mend(checkpoint)
    case .invalid(let problem): problem
    }
  }

  private static func mend(_ checkpoint: String?) -> String {
    (checkpoint.map { "the last good checkpoint is \($0)" } ?? "there is no checkpoint yet")
      + "; try a lower learning rate"
  }
}

extension Duration {
  package var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
