import Files
import Foundation
import Layers
import Tensors

/// Every model there is, by the name of the command line.
public enum ModelCatalog {
  public static let types: [any GenerativeModel.Type] = [
    ConvolutionalAutoencoder.self, VariationalAutoencoder.self, DenseGAN.self, DCGAN.self, AgeConditionalGAN.self,
    VoxelGAN.self, SRGAN.self,
  ]

  public static var identifiers: [String] { types.map { $0.identifier } }
  /// Those that have a recipe for `figment train`.
  public static var trainableIdentifiers: [String] {
    types.filter { $0 is any TrainableModel.Type }.map { $0.identifier }
  }

  public static func type(named identifier: String) throws(UnknownModelError) -> any GenerativeModel.Type {
    guard let type = types.first(where: { $0.identifier == identifier }) else {
      throw UnknownModelError(identifier: identifier)
    }
    return type
  }

  public static func trainableType(named identifier: String) throws -> any TrainableModel.Type {
    guard let type = try type(named: identifier) as? any TrainableModel.Type else {
      throw UntrainableModelError(identifier: identifier)
    }
    return type
  }
}

public struct UnknownModelError: Error, CustomStringConvertible {
  public let identifier: String

  public var description: String {
    let known = ModelCatalog.identifiers
    let hint = suggestion(for: identifier, among: known, otherwise: ".")
    return "there is no model “\(identifier)”\(hint) Models: \(known.joined(separator: ", "))"
  }
}

public struct UntrainableModelError: Error, CustomStringConvertible {
  public let identifier: String

  public var description: String {
    "“\(identifier)” has no training recipe yet, only its networks (see `figment summary \(identifier)`). "
      + "Models that train: \(ModelCatalog.trainableIdentifiers.joined(separator: ", "))"
  }
}

extension ModelConfiguration {
  /// The defaults with the fields of a JSON object put over them.
  ///
  /// - Parameter source: What the data is called in errors, such as a file's path.
  public static func decode(_ data: Data, source: String) throws -> Self {
    guard let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
      throw ConfigurationError("(all)", "\(source) is not a JSON object")
    }
    let defaults = try JSONEncoder().encode(Self())
    var merged = try JSONSerialization.jsonObject(with: defaults) as? [String: Any] ?? [:]
    for (key, value) in object {
      guard merged[key] != nil else {
        let hint = suggestion(for: key, among: merged.keys.sorted())
        throw ConfigurationError(key, "\(source) has this field, which the model does not\(hint)")
      }
      merged[key] = value
    }
    do {
      let decoded = try JSONDecoder().decode(Self.self, from: JSONSerialization.data(withJSONObject: merged))
      try decoded.validate()
      return decoded
    } catch let error as DecodingError {
      throw ConfigurationError(error.field, "\(source): \(error.explanation)")
    }
  }
}

extension DecodingError {
  private var context: Context {
    switch self {
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
      .dataCorrupted(let context):
      context
    @unknown default: Context(codingPath: [], debugDescription: "unreadable")
    }
  }

  fileprivate var field: String { context.codingPath.first?.stringValue ?? "(all)" }

  fileprivate var explanation: String {
    if case .typeMismatch(let type, _) = self { return "the value is not of type \(type)" }
    return context.debugDescription
  }
}
