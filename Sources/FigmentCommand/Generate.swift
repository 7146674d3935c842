import ArgumentParser
import Figment
import Foundation

struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draws new images with a trained model and writes them as one PNG.",
    discussion: "Without --count, a model with two latent numbers shows its manifold: a grid over both.")

  @OptionGroup var options: TrainedModelOptions

  @Option(help: "The PNG file to write.")
  var output: String

  @Option(help: "How many images to draw at random.")
  var count: Int?

  @Option(help: "Of the random numbers.")
  var seed: UInt64 = 0

  func validate() throws {
    if let count, count < 1 { throw ValidationError("--count is \(count); it must be at least 1.") }
  }

  func run() throws {
    let trained = try options.load()
    let picture = try trained.model.generate(count: count, using: RandomGenerator(seed: seed))
    try picture.write(to: URL(fileURLWithPath: output))
    print(output)
  }
}
