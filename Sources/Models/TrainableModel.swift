import Backends
import Datasets
import Layers
import Pictures
import Tensors

/// The hyperparameters of a model: saved with every run, read from `--config FILE`. Every field has a
/// default, so a file names only what differs.
public protocol ModelConfiguration: Codable, Equatable, Sendable {
  init()
  /// Throws if the values do not make a network.
  func validate() throws(ConfigurationError)
}

/// A hyperparameter that cannot be used.
public struct ConfigurationError: Error, Hashable, CustomStringConvertible {
  public let field: String
  public let problem: String

  public init(_ field: String, _ problem: String) { (self.field, self.problem) = (field, problem) }

  public var description: String { "configuration field “\(field)”: \(problem)" }
}

/// A batch on a device.
public struct TensorBatch {
  /// `[N, height, width, C]`, in [0, 1].
  public let images: Tensor
  /// `[N]`: class indices, as floats.
  public let labels: Tensor?

  public init(images: Tensor, labels: Tensor? = nil) { (self.images, self.labels) = (images, labels) }

  public init(_ batch: Batch, on device: Device) {
    images = Tensor(batch.images, shape: batch.shape, on: device)
    labels = batch.labels.map { Tensor($0.map(Float.init), on: device) }
  }
}

/// The losses of a step, each a scalar tensor, still on the device. The first is what training minimizes.
public struct LossTerms {
  public let terms: [(name: String, value: Tensor)]

  public init(_ terms: KeyValuePairs<String, Tensor>) { self.terms = terms.map { ($0.key, $0.value) } }

  public var total: Tensor { terms[0].value }
}

/// A picture a model made, and the name of its file without `.png`.
public struct NamedPicture {
  public let name: String
  public let picture: Picture

  public init(_ name: String, _ picture: Picture) { (self.name, self.picture) = (name, picture) }
}

/// A part of a model that can be run alone, as `figment predict --part` does.
public struct ModelPart {
  public let name: String
  /// Without the batch dimension.
  public let inputShape: [Int]
  public let run: (Tensor) -> Tensor

  public init(_ name: String, inputShape: [Int], run: @escaping (Tensor) -> Tensor) {
    (self.name, self.inputShape, self.run) = (name, inputShape, run)
  }
}

/// A model as the trainer, the checkpoints and the command see it. A model family owns its step.
public protocol TrainableModel: Module {
  associatedtype Configuration: ModelConfiguration
  /// The name of the command line: `vae`.
  static var identifier: String { get }
  static var title: String { get }
  static var defaults: TrainingDefaults { get }

  /// - Parameter seed: Of the initial weights and of all noise while training.
  init(_ configuration: Configuration, on device: Device, seed: UInt64)

  var configuration: Configuration { get }
  var device: Device { get }
  /// Draws the noise of training; its state is part of a checkpoint.
  var generator: RandomGenerator { get }
  /// `[height, width, C]` of the images it takes.
  var imageShape: [Int] { get }
  /// The first is the whole.
  var parts: [ModelPart] { get }

  /// The optimizers the model was published with, by name.
  func optimizers(learningRate: Float?) -> [(name: String, optimizer: Optimizer)]
  /// One step of training.
  func trainingStep(_ batch: TensorBatch, optimizers: [Optimizer]) -> LossTerms
  /// The same losses, in evaluation mode, without a step.
  func evaluationStep(_ batch: TensorBatch, using generator: RandomGenerator) -> LossTerms
  /// What the model has learnt, shown on images it was not trained on.
  func pictures(of images: ImageDataset) throws -> [NamedPicture]
  /// New images, `count` of them, drawn with `generator`; nil asks for the model's own overview.
  func generate(count: Int?, using generator: RandomGenerator) throws -> Picture
}

/// What `train` does when it is not told otherwise.
public struct TrainingDefaults: Sendable {
  public let epochs: Int
  public let batchSize: Int
  public let learningRate: Float
}

extension TrainableModel {
  /// The layer table of a model of this configuration; computes nothing.
  public static func summary(_ configuration: Configuration) -> Summary {
    let device = Device(ShapeBackend())
    let model = Self(configuration, on: device, seed: 0)
    let whole = model.parts[0]
    return Summary("\(title) (\(identifier))", of: model) {
      _ = whole.run(.zeros(Shape([1] + whole.inputShape), on: device))
    }
  }
}

/// A model trained by minimizing one loss with one optimizer.
public protocol LossModel: TrainableModel {
  func losses(_ batch: TensorBatch, using generator: RandomGenerator) -> LossTerms
}

extension LossModel {
  public func trainingStep(_ batch: TensorBatch, optimizers: [Optimizer]) -> LossTerms {
    let losses = losses(batch, using: generator)
    let parameters = trainableParameters
    optimizers[0].update(
      parameters, gradients: gradients(of: losses.total, withRespectTo: parameters.map(\.value)))
    return losses
  }

  public func evaluationStep(_ batch: TensorBatch, using generator: RandomGenerator) -> LossTerms {
    evaluating { withoutGradient { losses(batch, using: generator) } }
  }
}
