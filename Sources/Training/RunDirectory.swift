import Files
import Foundation
import Models
import Tensors

/// Where a training run keeps what it makes: `config.json`, `metrics.jsonl`, `metrics.csv`, TensorBoard
/// events, `samples/*.png`, `checkpoints/`.
public struct RunDirectory: Sendable {
  public let url: URL

  public init(_ url: URL) { self.url = url }

  public var configuration: URL { url.appendingPathComponent("config.json") }
  public var metrics: URL { url.appendingPathComponent("metrics.jsonl") }
  public var table: URL { url.appendingPathComponent("metrics.csv") }
  public var samples: URL { url.appendingPathComponent("samples") }
  public var checkpoints: URL { url.appendingPathComponent("checkpoints") }
  public var lastCheckpoint: URL { CheckpointWriter.last(in: checkpoints) }
  public var bestCheckpoint: URL { CheckpointWriter.best(in: checkpoints) }

  /// Creates the folders; throws if they cannot be written.
  public func create() throws {
    for folder in [url, samples, checkpoints] { try createFolder(folder) }
  }

  /// Whether a run has been here before.
  public var isUsed: Bool { FileManager.default.fileExists(atPath: configuration.path) }
}

/// The settings of a run, as `config.json` keeps them.
public struct RunConfiguration: Codable, Equatable, Sendable {
  public var model: String
  public var configuration: JSONValue
  public var data: String
  /// The part of the training images held out when the data set has no validation images.
  public var validationFraction: Double
  public var epochs: Int
  public var batchSize: Int
  public var learningRate: Float
  public var learningRateSchedule: String
  public var earlyStoppingPatience: Int?
  public var seed: UInt64
  public var device: String

  public init(
    model: String, configuration: JSONValue, data: String, validationFraction: Double, epochs: Int,
    batchSize: Int, learningRate: Float, learningRateSchedule: String, earlyStoppingPatience: Int?,
    seed: UInt64, device: String
  ) {
    (self.model, self.configuration, self.data) = (model, configuration, data)
    (self.validationFraction, self.epochs, self.batchSize) = (validationFraction, epochs, batchSize)
    (self.learningRate, self.learningRateSchedule) = (learningRate, learningRateSchedule)
    (self.earlyStoppingPatience, self.seed, self.device) = (earlyStoppingPatience, seed, device)
  }

  public init(contentsOf url: URL) throws {
    guard FileManager.default.fileExists(atPath: url.path) else {
      throw RunError(url.path, "there is no such file: this is not the folder of a run")
    }
    do {
      self = try JSONDecoder().decode(RunConfiguration.self, from: try Data(InputFile.contents(of: url)))
    } catch let error as DecodingError {
      throw RunError(url.path, "is not a run's settings: \(error)")
    }
  }

  public func write(to url: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try writeAtomically(String(decoding: try encoder.encode(self), as: UTF8.self) + "\n", to: url)
  }

  /// A model of these settings, with its initial weights.
  public func makeModel(on device: Device) throws -> any TrainableModel {
    try Self.makeModel(ModelCatalog.trainableType(named: model), configuration, seed: seed, on: device)
  }

  private static func makeModel<Model: TrainableModel>(
    _ type: Model.Type, _ configuration: JSONValue, seed: UInt64, on device: Device
  ) throws -> any TrainableModel {
    Model(try .decode(try configuration.data, source: "the run's configuration"), on: device, seed: seed)
  }
}

public struct RunError: Error, CustomStringConvertible {
  public let path: String
  public let problem: String

  public init(_ path: String, _ problem: String) { (self.path, self.problem) = (path, problem) }

  public var description: String { "\(path): \(problem)" }
}
