import ArgumentParser
import Figment
import Foundation

struct SummaryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "summary", abstract: "Prints a model's layers: type, output shape, parameters.")

  @Argument(help: "A model: \(ModelCatalog.identifiers.joined(separator: ", ")).")
  var model: String

  @Option(help: "A JSON file with the model's hyperparameters; what it leaves out keeps its default.")
  var config: String?

  func run() throws {
    let type = try ModelCatalog.type(named: model)
    print(try summary(type))
  }

  private func summary<Model: GenerativeModel>(_ type: Model.Type) throws -> Summary {
    Model.summary(try Model.Configuration.read(config))
  }
}

extension ModelConfiguration {
  /// The defaults, with the fields of the file at `path`, if there is one, over them.
  static func read(_ path: String?) throws -> Self {
    guard let path else { return Self() }
    return try decode(Data(try InputFile.contents(of: URL(fileURLWithPath: path))), source: path)
  }
}
