import Datasets
import Files
import Layers
import Models

/// What the numbers of a run depend on. A checkpoint carries it, and fits no other run; two runs that agree in it are the
/// same run, bit by bit on the same device.
public struct RunIdentity: Codable, Equatable, Sendable {
  /// The model's identifier: `vae`.
  public let model: String
  /// The model's hyperparameters, by their names.
  public let configuration: JSONValue
  /// The fingerprint of the training data.
  public let data: String
  /// Samples in a step.
  public let batchSize: Int
  /// As text: a JSON number need not hold 64 bits.
  public let seed: String

  init(model: String, configuration: JSONValue, data: String, batchSize: Int, seed: UInt64) {
    (self.model, self.configuration, self.data) = (model, configuration, data)
    (self.batchSize, self.seed) = (batchSize, "\(seed)")
  }

  init(model: any TrainableModel, data: any Dataset, batchSize: Int, seed: UInt64) throws {
    self.init(
      model: type(of: model).identifier, configuration: try JSONValue(encoding: model.configuration),
      data: data.fingerprint, batchSize: batchSize, seed: seed)
  }

  /// In what it differs from the run that is to be, in words; nil if in nothing.
  ///
  /// - Parameter type: Of the model of that run, where it is known.
  func difference(from run: RunIdentity, of type: (any TrainableModel.Type)?) throws -> String? {
    if model != run.model { return "its model is “\(model)”, not “\(run.model)”" }
    if let field = try difference(from: run.configuration, of: type) { return "its configuration has \(field)" }
    if seed != run.seed { return "its seed is \(seed), not \(run.seed)" }
    if batchSize != run.batchSize { return "its batch size is \(batchSize), not \(run.batchSize)" }
    if data != run.data {
      return "it was trained on other data (fingerprint \(data), not \(run.data)); give the data set it was trained on"
    }
    return nil
  }

  /// The first field of the configuration that differs, with both values; nil if none does. What a file lacks has its default:
  /// it is of a version that did not know the field, and a new field's default is what was done before.
  func difference(from configuration: JSONValue, of type: (any TrainableModel.Type)?) throws -> String? {
    func defaults<Model: TrainableModel>(_: Model.Type) throws -> JSONValue { try JSONValue(encoding: Model.Configuration()) }
    let defaults = try type.map { try defaults($0) } ?? .object([:])
    return self.configuration.completed(by: defaults).difference(from: configuration.completed(by: defaults))
  }
}

extension JSONValue {
  /// With the fields that an object lacks, at every depth.
  fileprivate func completed(by defaults: JSONValue) -> JSONValue {
    guard case .object(let own) = self, case .object(let defaults) = defaults else { return self }
    return .object(defaults.merging(own) { $1.completed(by: $0) })
  }

  /// The first field in which two objects differ, with both values; nil if they are the same.
  fileprivate func difference(from other: JSONValue) -> String? {
    guard self != other else { return nil }
    guard case .object(let own) = self, case .object(let others) = other,
      let name = Set(own.keys).union(others.keys).sorted().first(where: { own[$0] != others[$0] })
    else { return "\(text), not \(other.text)" }
    return "\(name) \(own[name]?.text ?? "unset"), not \(others[name]?.text ?? "unset")"
  }

  private var text: String { (try? data).map { String(decoding: $0, as: UTF8.self) } ?? "\(self)" }
}
