import ArgumentParser
import Figment
import Files
import Foundation

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints a trained model's losses on a data set, as JSON.", usage: "figment evaluate <run> [<options>]")

  @OptionGroup var options: TrainedModelOptions

  @Option(help: "A data set or folder, whose validation images are used. Default: the run's own.", completion: .datasets)
  var data: String?

  func run() throws {
    let trained = try options.load()
    var settings = trained.settings
    settings.data = data ?? settings.data
    guard let validation = try TrainingSession.load(settings, for: trained.model.inputs).validation else {
      throw UsageError("\(settings.data) has no validation images")
    }
    try trained.model.loadPretrainedWeights()
    // What the stage measures that the checkpoint is of.
    let stages = trained.model.stages(), stage = stages.first { $0.name == trained.checkpoint.stage } ?? stages[0]
    guard
      let means = try Trainer.evaluate(
        trained.model, in: stage, on: validation, seed: settings.seed, batchSize: settings.batchSize)
    else {
      throw UsageError(
        "a model “\(settings.model)” has no losses that say how good it is; look at samples with 'figment generate'")
    }
    if let mean = means.first(where: { !$0.value.isFinite }) {
      throw RunError(settings.data, "“\(mean.name)” is \(mean.value) on these images; does the model fit them?")
    }
    var object: [String: JSONValue] = ["images": .number(Double(validation.count))]
    for mean in means { object[mean.name] = .number(mean.value) }
    try printOutput(String(decoding: try JSONValue.object(object).data, as: UTF8.self))
  }
}
