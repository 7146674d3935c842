import ArgumentParser
import Figment
import Files
import Foundation

struct SummaryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "summary", abstract: "Prints a model's layers: type, output shape, parameters.",
    usage: "figment summary <model> [<options>]")

  @Argument(help: "A model: \(ModelCatalog.identifiers.joined(separator: ", ")).", completion: .models)
  var model: String

  @Option(
    help: .init("One of the model's configurations, which the table's end lists. Default: the first of them.", valueName: "name"),
    completion: .presets)
  var preset: String?

  @Option(
    help: .init("A JSON file with the model's hyperparameters; what it leaves out is as in the preset.", valueName: "file"),
    completion: .json)
  var config: String?

  func run() throws {
    let type = try ModelCatalog.type(named: model)
    try printOutput(summary(type).text(width: outputWidth ?? .max))
    let presets = type.presetNames
    if presets.count > 1 {
      let names = [presets[0] + " (default)"] + presets.dropFirst()
      try printOutput("Presets: \(names.joined(separator: ", "))".wrapped(width: outputWidth ?? .max))
    }
  }

  private func summary<Model: GenerativeModel>(_ type: Model.Type) throws -> Summary {
    let configuration = try Model.Configuration.read(config, over: Model.preset(named: preset))
    try Model.requireMemory(for: configuration)
    return Model.summary(configuration)
  }
}

extension ModelConfiguration {
  /// `base` with the fields of the file at `path`, if there is one, over its own.
  static func read(_ path: String?, over base: Self) throws -> Self {
    guard let path else { return base }
    return try decode(InputFile.contents(of: URL(fileURLWithPath: path)), over: base, source: path)
  }
}
