import ArgumentParser
import Figment
import Foundation

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints a trained model's losses on a data set, as JSON.")

  @OptionGroup var options: TrainedModelOptions

  @Option(help: "A data set or folder; by default the run's own. Its validation images are used.")
  var data: String?

  func run() throws {
    let trained = try options.load()
    var settings = trained.settings
    settings.data = data ?? settings.data
    let split = try TrainingSession.load(settings)
    guard let validation = split.validation else { throw UsageError("\(settings.data) has no validation images") }
    guard validation.imageShape.dimensions == trained.model.imageShape else {
      throw UsageError(
        "the images of \(settings.data) are \(validation.imageShape), the model takes \(Shape(trained.model.imageShape))"
      )
    }
    let losses = try Trainer.evaluate(trained.model, on: validation, seed: settings.seed)
    let entries = losses.map { "\"\($0.name)\": \($0.value)" }
    print("{\"images\": \(validation.count), \(entries.joined(separator: ", "))}")
  }
}
