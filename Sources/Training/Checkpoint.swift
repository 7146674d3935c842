import Backends
import Files
import Foundation
import Interchange
import Layers
import Models
import Tensors

/// Everything that training needs to go on as if it had never stopped, in one safetensors file: the model's parameters and
/// statistics by name, the other parts' tensors as `learner/generator/0/generator.layers.0.weight`, and in the metadata,
/// as JSON under the key `figment`, the run's identity and every part's values.
public struct Checkpoint {
  private struct Header: Codable {
    var version: Int
    var identity: RunIdentity
    var parts: [String: JSONValue]
  }

  static let version = 2

  /// The file it was read from.
  public let url: URL
  private let header: Header
  private let file: SafetensorsFile

  /// The run it was written by.
  public var identity: RunIdentity { header.identity }

  /// The stage that the run was at, where the file says so.
  public var stage: String? {
    guard case .object(let progress)? = header.parts["progress"], case .string(let name)? = progress["stage"] else { return nil }
    return name
  }

  /// Reads and checks a file; tensors are read when they are asked for.
  ///
  /// - Throws: ``CheckpointError`` if it is no checkpoint, or one of another version; `FileError`, `InterchangeError`
  ///   or `JSONError` if it cannot be read or is damaged.
  public init(contentsOf url: URL) throws {
    self.url = url
    file = try SafetensorsFile(contentsOf: url)
    guard let text = file.metadata["figment"] else {
      throw CheckpointError(url.path, "has no “figment” entry in its metadata: it is not a checkpoint of this program")
    }
    struct Versioned: Decodable { var version: Int }
    let json = try JSONText(Array(text.utf8), source: "checkpoint \(url.path), metadata “figment”")
    let version = try json.decode(Versioned.self).version
    guard version == Self.version else {
      throw CheckpointError(url.path, "is of version \(version); this program reads version \(Self.version)")
    }
    header = try json.decodeExactly(Header.self)
  }

  /// Copies parameters and statistics into `model`. Changes nothing if anything is missing, of another shape or type, or
  /// not finite.
  public func restore(_ model: any TrainableModel) throws {
    try check(model)
    try restore([ModelState(model)])
  }

  /// Restores model, learners, random numbers and progress; the next `fit` restores callbacks, and refuses other data.
  public func restore(_ trainer: Trainer) throws {
    try check(trainer.model)
    // Callbacks come with the next `fit`.
    try restore(trainer.parts)
    let saved = Dictionary(uniqueKeysWithValues: header.parts.keys.map { ($0, savedState($0)) })
    trainer.resume(from: header.identity, saved, at: url)
  }

  /// Throws unless the checkpoint is of the run with these settings.
  public func check(_ settings: RunConfiguration) throws {
    let wanted = RunIdentity(
      model: settings.model, configuration: settings.configuration, data: identity.data,
      batchSize: settings.batchSize, seed: settings.seed)
    // A model from outside is not in the catalog: its settings are compared as they are.
    let type = ModelCatalog.types.first { $0.identifier == settings.model }
    if let difference = try identity.difference(from: wanted, of: type) {
      throw CheckpointError(url.path, "is of another run than config.json beside it: \(difference)")
    }
  }

  private func check(_ model: any TrainableModel) throws {
    let identifier = Swift.type(of: model).identifier
    guard identity.model == identifier else {
      throw CheckpointError(url.path, "is of the model “\(identity.model)”, not “\(identifier)”")
    }
    let configuration = try JSONValue(encoding: model.configuration)
    if let difference = try identity.difference(from: configuration, of: Swift.type(of: model)) {
      throw CheckpointError(url.path, "is of another configuration: it has \(difference)")
    }
  }

  private func restore(_ parts: [any Stateful]) throws {
    let commits = try parts.map { part in
      guard header.parts[part.stateName] != nil else {
        throw CheckpointError(url.path, "has no part “\(part.stateName)”")
      }
      do { return try part.restoring(savedState(part.stateName)) } catch {
        // What is wrong with a value, said with the file and the part it is in.
        if error is CheckpointError || error is InterchangeError || error is FileError { throw error }
        throw CheckpointError(url.path, "its part “\(part.stateName)”: \(error)")
      }
    }
    for commit in commits { commit() }
  }

  private func savedState(_ part: String) -> SavedState {
    SavedState(values: header.parts[part] ?? .null) { [self] name, shape in
      try file.weights(Self.tensorName(name, of: part), shape: shape)
    }
  }

  private static func tensorName(_ name: String, of part: String) -> String {
    part == "model" ? name : "\(part)/\(name)"
  }

  /// Writes a trainer's model, learners, random numbers, callbacks and progress beside `url` and renames, so that whatever
  /// was there survives a failure.
  ///
  /// - Throws: `TrainingError` if the trainer has never been asked to `fit` (there is no run yet), or if a parameter is not
  ///   finite; what the device and the file throw.
  public static func write(_ trainer: Trainer, to url: URL) throws {
    guard let identity = trainer.identity else {
      throw TrainingError.invalid("a trainer that has never fitted has no run to write; a model alone has saveWeights(to:)")
    }
    try trainer.readMeasurements()
    var file = SafetensorsWriter(), parts = [String: JSONValue]()
    for part in trainer.parts {
      let state = try part.checkpointState()
      parts[part.stateName] = state.values
      for (name, tensor) in state.tensors {
        let name = tensorName(name, of: part.stateName)
        file.add(name, shape: tensor.shape) {
          let values = try tensor.scalars()
          // Losses can stay finite for a while when a parameter is not: some activations hide a NaN.
          guard values.allSatisfy(\.isFinite) else {
            throw TrainingError.parameterNotFinite(
              name, step: trainer.progress.step, checkpoint: trainer.lastCheckpoint?.path)
          }
          return values
        }
      }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let header = Header(version: version, identity: identity, parts: parts)
    file.metadata = ["figment": String(decoding: try encoder.encode(header), as: UTF8.self)]
    try file.write(to: url)
    trainer.lastCheckpoint = url
  }
}

/// A checkpoint, or a file of weights, that cannot be used: which, and why.
public struct CheckpointError: Error, CustomStringConvertible {
  /// Of the file.
  public let path: String
  /// What is wrong with it, in words that follow the path.
  public let problem: String

  /// - Parameters:
  ///   - path: Of the file.
  ///   - problem: What is wrong with it, to be read behind the path and a colon.
  public init(_ path: String, _ problem: String) { (self.path, self.problem) = (path, problem) }

  public var description: String { "checkpoint \(path): \(problem)" }
}
