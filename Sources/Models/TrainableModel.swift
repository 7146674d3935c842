import Backends
import Datasets
import Layers
import Pictures
import Tensors

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

/// A model as the trainer and the checkpoints see it. A model family owns its step.
public protocol TrainableModel: GenerativeModel {
  /// `[height, width, C]` of the images it takes.
  var imageShape: [Int] { get }

  /// One step of training.
  func trainingStep(_ batch: TensorBatch, optimizers: [Optimizer]) -> LossTerms
  /// The same losses, in evaluation mode, without a step.
  func evaluationStep(_ batch: TensorBatch, using generator: RandomGenerator) -> LossTerms
  /// What the model has learnt, shown on images it was not trained on.
  func pictures(of images: ImageDataset) throws -> [NamedPicture]
  /// New images, `count` of them, drawn with `generator`; nil asks for the model's own overview.
  func generate(count: Int?, using generator: RandomGenerator) throws -> Picture
}

/// A model trained by minimizing one loss with one optimizer.
public protocol LossModel: TrainableModel {
  func losses(_ batch: TensorBatch, using generator: RandomGenerator) -> LossTerms
}

extension LossModel {
  public func trainingStep(_ batch: TensorBatch, optimizers: [Optimizer]) -> LossTerms {
    let losses = losses(batch, using: random)
    optimizers[0].minimize(losses.total, over: self)
    return losses
  }

  public func evaluationStep(_ batch: TensorBatch, using generator: RandomGenerator) -> LossTerms {
    evaluating { withoutGradient { losses(batch, using: generator) } }
  }
}
