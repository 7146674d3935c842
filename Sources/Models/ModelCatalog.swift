import Files
import Foundation
import Layers
import Tensors

/// Every model there is, by the name of the command line.
public enum ModelCatalog {
  /// In the order that help and messages list them; only those of this package.
  public static let types: [any GenerativeModel.Type] = [
    ConvolutionalAutoencoder.self, VariationalAutoencoder.self, DenseGAN.self, DCGAN.self, AgeConditionalGAN.self,
    VoxelGAN.self, SRGAN.self,
  ]

  /// What `figment summary` takes.
  public static var identifiers: [String] { types.map { $0.identifier } }
  /// Those that have a recipe for `figment train`.
  public static var trainableIdentifiers: [String] {
    types.filter { $0 is any TrainableModel.Type }.map { $0.identifier }
  }

  /// The model with this identifier.
  ///
  /// - Throws: ``UnknownModelError``, whose text has the nearest name.
  public static func type(named identifier: String) throws(UnknownModelError) -> any GenerativeModel.Type {
    guard let type = types.first(where: { $0.identifier == identifier }) else {
      throw UnknownModelError(identifier: identifier)
    }
    return type
  }

  /// The model with this identifier, if it has a recipe.
  ///
  /// - Throws: ``UnknownModelError``, or ``UntrainableModelError`` if it has none.
  public static func trainableType(named identifier: String) throws -> any TrainableModel.Type {
    guard let type = try type(named: identifier) as? any TrainableModel.Type else {
      throw UntrainableModelError(identifier: identifier)
    }
    return type
  }
}

/// A name that no model has.
public struct UnknownModelError: Error, CustomStringConvertible {
  /// What was asked for.
  public let identifier: String

  public var description: String {
    let known = ModelCatalog.identifiers
    let hint = suggestion(for: identifier, among: known, otherwise: ".")
    return "there is no model “\(identifier)”\(hint) Models: \(known.joined(separator: ", "))"
  }
}

/// The name of a model that has networks but no recipe for their training.
public struct UntrainableModelError: Error, CustomStringConvertible {
  /// What was asked for.
  public let identifier: String

  public var description: String {
    "“\(identifier)” has no training recipe yet, only its networks (see `figment summary \(identifier)`). "
      + "Models that train: \(ModelCatalog.trainableIdentifiers.joined(separator: ", "))"
  }
}

extension ModelConfiguration {
  /// `base` with the fields of a JSON object put over its own.
  ///
  /// - Parameter source: What the text is called in errors, such as a file's path.
  public static func decode(_ bytes: [UInt8], over base: Self = Self(), source: String) throws -> Self {
    let text = try JSONText(bytes, source: source)
    let decoded = try text.decode(Self.self, over: base)
    do { try decoded.validate() } catch {
      throw JSONError(source: source, line: text.line(of: error.field), field: error.field, problem: error.problem)
    }
    return decoded
  }
}
