import Backends
import Layers
import Tensors

/// The hyperparameters of a model: saved with every run, read from `--config FILE`. Every field has a
/// default, so a file names only what differs.
public protocol ModelConfiguration: Codable, Equatable, Sendable {
  /// The defaults: the published values, unless the type says otherwise.
  init()
  /// Throws if the values do not make a network.
  func validate() throws(ConfigurationError)
}

extension ModelConfiguration {
  /// For `validate`: throws unless the value of `field` is positive, and within what sizes of networks can be. Files say
  /// anything: without limits, products of extents would overflow.
  func requireSize(_ value: Int, _ field: String, atMost limit: Int = 1 << 20) throws(ConfigurationError) {
    guard value > 0 else { throw ConfigurationError(field, "\(value) is not positive") }
    guard value <= limit else { throw ConfigurationError(field, "\(value) is more than \(limit)") }
  }

  /// For `validate`: the same of every value, of which there may be at most 256.
  func requireSizes(_ values: [Int], _ field: String, atMost limit: Int = 1 << 20) throws(ConfigurationError) {
    guard values.count <= 256 else { throw ConfigurationError(field, "it has \(values.count) values, more than 256") }
    for value in values { try requireSize(value, field, atMost: limit) }
  }

  /// For `validate`: throws unless `shape` is `[height, width, channels]` of an image that a machine can hold.
  func requireImage(_ shape: [Int], _ field: String) throws(ConfigurationError) {
    guard shape.count == 3, shape.allSatisfy({ $0 > 0 }) else {
      throw ConfigurationError(field, "\(shape) is not [height, width, channels]")
    }
    guard shape.allSatisfy({ $0 <= 1 << 16 }), shape.reduce(1, *) <= 1 << 30 else {
      throw ConfigurationError(field, "images of \(shape) are larger than 2³⁰ values, or 65536 on a side")
    }
  }

  /// For a model's initializer, where values that make no network are a programming mistake: what comes from a
  /// file has been validated.
  func requireValid(for model: any GenerativeModel.Type) {
    do { try validate() } catch { fatalError("\(model): \(error)") }
  }
}

/// A hyperparameter that cannot be used.
public struct ConfigurationError: Error, Hashable, CustomStringConvertible {
  /// The property's name, such as `latentSize`; `(all)` if no single one is to blame.
  public let field: String
  /// What is wrong with its value, in words.
  public let problem: String

  /// For `validate` to throw.
  ///
  /// - Parameters:
  ///   - field: The name of a property, as files spell it.
  ///   - problem: What is wrong with its value, to be read behind the name and a colon.
  public init(_ field: String, _ problem: String) { (self.field, self.problem) = (field, problem) }

  public var description: String { "configuration field “\(field)”: \(problem)" }
}

/// A part of a model that can be run alone, as `figment predict --part` does.
public struct ModelPart {
  /// What `--part` calls it: `decoder`.
  public let name: String
  /// Without the batch dimension.
  public let inputShape: [Int]
  /// Where the values it was trained on lie; nil for latents.
  public let inputRange: ClosedRange<Float>?
  /// A batch `[N] + inputShape` through the part's layers, in the mode that the model is in.
  public let run: (Tensor) -> Tensor

  /// - Parameters:
  ///   - name: What `--part` calls it.
  ///   - inputShape: Without the batch dimension.
  ///   - range: Where the values it was trained on lie; nil for latents.
  ///   - run: A batch `[N] + inputShape` through the part's layers.
  public init(
    _ name: String, inputShape: [Int], range: ClosedRange<Float>? = nil, run: @escaping (Tensor) -> Tensor
  ) {
    (self.name, self.inputShape, inputRange, self.run) = (name, inputShape, range, run)
  }
}

/// A model: its networks, and how they were published to be trained. What can be summarized and timed.
public protocol GenerativeModel: Module {
  /// Its hyperparameters.
  associatedtype Configuration: ModelConfiguration
  /// The name of the command line: `vae`.
  static var identifier: String { get }
  /// The name for people: `Variational autoencoder`.
  static var title: String { get }
  /// How many samples a step was published with.
  static var batchSize: Int { get }
  /// Configurations by the names of `--preset`; the first is the default one.
  static var presets: [(name: String, configuration: Configuration)] { get }

  /// A model with new weights.
  ///
  /// - Parameters:
  ///   - configuration: One that `validate` accepts; the models of this package stop the program at any other.
  ///   - seed: Of the initial weights and of all noise while training.
  init(_ configuration: Configuration, on device: Device, seed: UInt64)

  /// What it was made with.
  var configuration: Configuration { get }
  /// Where its parameters are, and its steps computed.
  var device: Device { get }
  /// Draws the noise of training; its state is part of a checkpoint.
  var random: RandomGenerator { get }
  /// The first is the whole.
  var parts: [ModelPart] { get }
  /// Runs `input` of the first part through all layers as training does: what a summary follows. By default that part.
  func runAsTrained(_ input: Tensor)
}

extension GenerativeModel {
  public static var presets: [(name: String, configuration: Configuration)] { [("published", .init())] }
  /// What `--preset` takes, the default one first.
  public static var presetNames: [String] { presets.map(\.name) }

  public func runAsTrained(_ input: Tensor) { _ = parts[0].run(input) }

  /// The layer table of a model of this configuration; computes nothing.
  public static func summary(_ configuration: Configuration) -> Summary {
    let device = Device(ShapeBackend())
    let model = Self(configuration, on: device, seed: 0)
    let shape = Shape([1] + model.parts[0].inputShape)
    return Summary("\(title) (\(identifier))", of: model) { model.runAsTrained(.zeros(shape, on: device)) }
  }
}
