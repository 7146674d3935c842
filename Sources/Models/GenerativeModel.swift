import Backends
import Layers
import Tensors

/// The hyperparameters of a model: saved with every run, read from `--config FILE`. Every field has a
/// default, so a file names only what differs.
public protocol ModelConfiguration: Codable, Equatable, Sendable {
  init()
  /// Throws if the values do not make a network.
  func validate() throws(ConfigurationError)
}

extension ModelConfiguration {
  /// For `validate`: throws unless the value of `field` is positive.
  func requirePositive(_ value: Int, _ field: String) throws(ConfigurationError) {
    guard value > 0 else { throw ConfigurationError(field, "\(value) is not positive") }
  }

  /// For a model's initializer, where values that make no network are a programming mistake: what comes from a
  /// file has been validated.
  func requireValid(for model: any GenerativeModel.Type) {
    do { try validate() } catch { fatalError("\(model): \(error)") }
  }
}

/// A hyperparameter that cannot be used.
public struct ConfigurationError: Error, Hashable, CustomStringConvertible {
  public let field: String
  public let problem: String

  public init(_ field: String, _ problem: String) { (self.field, self.problem) = (field, problem) }

  public var description: String { "configuration field “\(field)”: \(problem)" }
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

/// A model: its networks, and how they were published to be trained. What can be summarized and timed.
public protocol GenerativeModel: Module {
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
  var random: RandomGenerator { get }
  /// The first is the whole.
  var parts: [ModelPart] { get }

  /// The optimizers the model was published with, by name.
  func optimizers(learningRate: Float?) -> [(name: String, optimizer: Optimizer)]
}

/// What `train` does when it is not told otherwise.
public struct TrainingDefaults: Sendable {
  public let epochs: Int
  public let batchSize: Int
  public let learningRate: Float
}

extension GenerativeModel {
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

extension Optimizer {
  /// One step of the trainable parameters of `network` down the gradient of `loss`.
  func minimize(_ loss: Tensor, over network: Module) {
    let parameters = trainableParameters(of: network)
    update(parameters, gradients: gradients(of: loss, withRespectTo: parameters.map(\.value)))
  }
}
