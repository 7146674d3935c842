import Files
import Foundation
import Layers
import Tensors

/// Every model there is, by the name of the command line.
public enum ModelCatalog {
  /// In the order that help and messages list them; only those of this package.
  public static let types: [any TrainableModel.Type] = [
    ConvolutionalAutoencoder.self, VariationalAutoencoder.self, DenseGAN.self, DCGAN.self, AgeConditionalGAN.self,
    VoxelGAN.self, SRGAN.self,
  ]

  /// What `figment summary` and `figment train` take.
  public static var identifiers: [String] { types.map { $0.identifier } }

  /// The model with this identifier.
  ///
  /// - Throws: ``UnknownModelError``, whose text has the nearest name.
  public static func type(named identifier: String) throws(UnknownModelError) -> any TrainableModel.Type {
    guard let type = types.first(where: { $0.identifier == identifier }) else {
      throw UnknownModelError(identifier: identifier)
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
