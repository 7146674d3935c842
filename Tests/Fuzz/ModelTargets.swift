import Backends
import Files
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Training

/// What a model is made from: its configuration, alone and in a run's settings. On a device that only counts, so that a
/// model as large as the machine takes no time.
struct ModelTargets {
  let folder: TemporaryFolder

  func all() throws -> [FuzzTarget] { try ModelCatalog.types.map { try configuration($0) } + [try settings()] }

  private func configuration<Model: GenerativeModel>(_: Model.Type) throws -> FuzzTarget {
    let corpus = try Model.presets.map { [UInt8](try JSONEncoder().encode($0.configuration)) }
    return FuzzTarget(
      "configuration of \(Model.identifier)", corpus: corpus + more(Model.identifier), mutate: Self.changing
    ) { bytes in
      let configuration = try Model.Configuration.decode(bytes, source: "configuration")
      try Model.requireMemory(for: configuration)
      _ = Model.summary(configuration)
    }
  }

  private static func changing(_ mutator: inout Mutator, _ input: [UInt8], _ other: [UInt8]) -> [UInt8] {
    mutator.json(input, other: other)
  }

  private func more(_ model: String) -> [[UInt8]] {
    let texts: [String] =
      switch model {
      case "autoencoder":
        [
          """
          {"imageShape": [8, 8, 1], "encoderFilters": [4, 5], "encoderKernels": [3, 3], "encoderStrides": [1, 2],
          "decoderFilters": [5, 1], "decoderKernels": [3, 3], "decoderStrides": [1, 2], "useBatchNorm": true, "useDropout": true}
          """
        ]
      case "vae": [#"{"imageShape": [8, 8, 4], "latentSize": 3, "sampler": "original"}"#]
      case "gan": [#"{"imageShape": [8, 8, 1], "generatorUnits": [], "discriminatorUnits": [5]}"#]
      case "gan3d": [#"{"filters": [8], "latentSize": 2}"#]
      case "srgan": [#"{"imageSize": [4, 8], "residualBlocks": 1, "upsampler": "pixelShuffle", "rectifier": "prelu"}"#]
      default: []
      }
    return texts.map { Array($0.utf8) }
  }

  private func settings() throws -> FuzzTarget {
    func settings<Model: TrainableModel>(_: Model.Type) throws -> [[UInt8]] {
      try Model.presets.map { preset in
        let settings = RunConfiguration(
          model: Model.identifier, configuration: try JSONValue(encoding: preset.configuration), data: "/data",
          validationFraction: 0.1, epochs: 3, iterations: nil, batchSize: 16, learningRates: ["optimizer": 1e-3],
          learningRateSchedule: "exponential:0.9", earlyStoppingPatience: 2, sampleEvery: "steps:5", checkpointEvery: "minutes:1",
          seed: .max, device: "cpu")
        let file = folder("settings.json")
        try settings.write(to: file)
        return [UInt8](try Data(contentsOf: file))
      }
    }
    let corpus = try ModelCatalog.types.flatMap { try settings($0) }
    return FuzzTarget("config.json", corpus: corpus, mutate: Self.changing) { bytes in
      let file = try folder.write(bytes, "config.json")
      let settings = try RunConfiguration(contentsOf: file)
      let model = try settings.makeModel(on: Device(ShapeBackend()), from: file)
      // What the command does with the settings before it trains.
      let learners = model.stages().flatMap(\.learners)
      for learner in learners {
        learner.baseLearningRate = settings.learningRates[learner.name] ?? learner.baseLearningRate
        learner.schedule = LearningRateSchedule(settings.learningRateSchedule) ?? .constant
        learner.beginEpoch(1, of: settings.epochs ?? 1)
      }
      try settings.write(to: folder("rewritten.json"))
    }
  }
}
