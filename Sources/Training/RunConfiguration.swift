import Datasets
import Files
import Foundation
import Layers
import Models
import Tensors

/// The settings of a run, as `config.json` keeps them. Read as strictly as written: a field that is unknown, missing or
/// impossible is an error with its line.
public struct RunConfiguration: Codable, Equatable, Sendable {
  /// Of the file: 2, the only one that is read.
  public var version = 2
  /// The model's identifier: `vae`.
  public var model: String
  /// The model's own fields, all of them.
  public var configuration: JSONValue
  /// A data set's name, or the absolute path of a folder.
  public var data: String
  /// How pictures become samples, where the data are pictures.
  public var pictures: PictureSettings?
  /// The stages to train, in order; all of the model's if nil.
  public var stages: [String]?
  /// The part of the training samples held out when the data set has none for validation.
  public var validationFraction: Double
  /// How long to train each stage, if in epochs. At most one of `epochs` and `iterations` is given; the stage's own length
  /// if neither.
  public var epochs: Int?
  /// How long to train each stage, if in steps.
  public var iterations: Int?
  /// Samples in a step.
  public var batchSize: Int
  /// The base rate of every learner, by its name.
  public var learningRates: [String: Float]
  /// `constant`, `exponential:0.95` or `cosine`, for all learners.
  public var learningRateSchedule: String
  /// In epochs; nil to train to the end.
  public var earlyStoppingPatience: Int?
  /// How often pictures of samples are written, such as `epochs:1` or `steps:200`; the stage's own if nil.
  public var sampleEvery: String?
  /// How often a checkpoint is written; the stage's own if nil.
  public var checkpointEvery: String?
  /// Of the initial weights, of all noise, of the order of the samples, and of which of them are held out.
  public var seed: UInt64
  /// The device that computed.
  public var device: String

  /// The arguments are the properties of the same names, and are not checked: only what is read from a file is.
  public init(
    model: String, configuration: JSONValue, data: String, validationFraction: Double, epochs: Int?, iterations: Int?,
    batchSize: Int, learningRates: [String: Float], learningRateSchedule: String, earlyStoppingPatience: Int?,
    sampleEvery: String?, checkpointEvery: String?, seed: UInt64, device: String, pictures: PictureSettings? = nil,
    stages: [String]? = nil
  ) {
    (self.pictures, self.stages) = (pictures, stages)
    (self.model, self.configuration, self.data) = (model, configuration, data)
    (self.validationFraction, self.epochs, self.iterations) = (validationFraction, epochs, iterations)
    (self.batchSize, self.learningRates) = (batchSize, learningRates)
    (self.learningRateSchedule, self.earlyStoppingPatience) = (learningRateSchedule, earlyStoppingPatience)
    (self.sampleEvery, self.checkpointEvery) = (sampleEvery, checkpointEvery)
    (self.seed, self.device) = (seed, device)
  }

  /// Reads `config.json`.
  ///
  /// - Throws: ``RunError`` if there is no such file; `JSONError` with the line if a field is unknown, missing or
  ///   impossible; `FileError` if the file cannot be read.
  public init(contentsOf url: URL) throws {
    guard FileManager.default.fileExists(atPath: url.path) else {
      throw RunError(url.path, "there is no such file: this is not the folder of a run")
    }
    let text = try JSONText(InputFile.contents(of: url), source: url.path)
    self = try text.decodeExactly(RunConfiguration.self)
    try check { field, problem in
      JSONError(source: url.path, line: text.line(of: field), field: field, problem: problem)
    }
  }

  /// Throws what `error` makes of the first field whose value cannot be.
  private func check(_ error: (_ field: String, _ problem: String) -> JSONError) throws {
    guard version == 2 else { throw error("version", "\(version) is not 2, which this program reads") }
    func atLeastOne(_ value: Int?, _ field: String, below limit: Int) throws {
      if let value, value < 1 || value >= limit {
        throw error(field, "\(value) is not at least 1 and below \(limit)")
      }
    }
    try atLeastOne(epochs, "epochs", below: 1 << 53)
    try atLeastOne(iterations, "iterations", below: 1 << 53)
    try atLeastOne(batchSize, "batchSize", below: 1 << 31)
    try atLeastOne(earlyStoppingPatience, "earlyStoppingPatience", below: 1 << 53)
    guard epochs == nil || iterations == nil else { throw error("iterations", "is given beside epochs; give one of both") }
    for (name, rate) in learningRates where !(rate.isFinite && rate > 0) {
      throw error("learningRates.\(name)", "\(rate) is not a positive number")
    }
    guard validationFraction > 0, validationFraction < 1 else {
      throw error("validationFraction", "\(validationFraction) does not lie between 0 and 1")
    }
    guard LearningRateSchedule(learningRateSchedule) != nil else {
      throw error("learningRateSchedule", "“\(learningRateSchedule)” is none of constant, exponential:FACTOR, cosine")
    }
    for (field, cadence) in [("sampleEvery", sampleEvery), ("checkpointEvery", checkpointEvery)] {
      if let cadence, Cadence(cadence) == nil {
        throw error(field, "“\(cadence)” is none of never, steps:N, epochs:N, minutes:N")
      }
    }
  }

  /// Writes every field, nulls too; what was there is replaced as a whole.
  ///
  /// - Throws: `FileError`.
  public func write(to url: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try writeAtomically(String(decoding: try encoder.encode(self), as: UTF8.self) + "\n", to: url)
  }

  /// A model of these settings, with its initial weights, if this machine can hold it.
  ///
  /// - Parameter url: The file the settings are from, for messages.
  public func makeModel(on device: Device, from url: URL) throws -> any TrainableModel {
    try Self.makeModel(ModelCatalog.type(named: model), configuration, seed: seed, on: device, from: url)
  }

  private static func makeModel<Model: TrainableModel>(
    _ type: Model.Type, _ configuration: JSONValue, seed: UInt64, on device: Device, from url: URL
  ) throws -> any TrainableModel {
    let configuration = try decoded(configuration, Model.Configuration.self, from: url)
    try Model.requireMemory(for: configuration)
    return Model(configuration, on: device, seed: seed)
  }

  private static func decoded<Configuration: ModelConfiguration>(
    _ value: JSONValue, _: Configuration.Type, from url: URL
  ) throws -> Configuration {
    try .decode(Array(value.data), source: "\(url.path), field “configuration”")
  }

  /// Changes the model's own fields.
  ///
  /// - Parameter url: The file the settings are from, for messages.
  /// - Throws: What `change` throws; `JSONError` or `ConfigurationError` if the fields are not the model's.
  public mutating func changeConfiguration<Model: TrainableModel>(
    of _: Model.Type, from url: URL, _ change: (Model.Configuration) throws -> Model.Configuration
  ) throws {
    configuration = try JSONValue(encoding: change(Self.decoded(configuration, Model.Configuration.self, from: url)))
  }

  // MARK: Coding, with every field in the file

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case version, model, configuration, data, pictures, stages, validationFraction, epochs, iterations, batchSize, learningRates,
      learningRateSchedule, earlyStoppingPatience, sampleEvery, checkpointEvery, seed, device
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(version, forKey: .version)
    try container.encode(model, forKey: .model)
    try container.encode(configuration, forKey: .configuration)
    try container.encode(data, forKey: .data)
    try container.encode(pictures, forKey: .pictures)
    try container.encode(stages, forKey: .stages)
    try container.encode(validationFraction, forKey: .validationFraction)
    try container.encode(epochs, forKey: .epochs)
    try container.encode(iterations, forKey: .iterations)
    try container.encode(batchSize, forKey: .batchSize)
    try container.encode(learningRates, forKey: .learningRates)
    try container.encode(learningRateSchedule, forKey: .learningRateSchedule)
    try container.encode(earlyStoppingPatience, forKey: .earlyStoppingPatience)
    try container.encode(sampleEvery, forKey: .sampleEvery)
    try container.encode(checkpointEvery, forKey: .checkpointEvery)
    try container.encode(seed, forKey: .seed)
    try container.encode(device, forKey: .device)
  }
}
