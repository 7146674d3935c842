import ArgumentParser
import Figment
import Files
import Foundation

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs a trained model, or a part of it, on the rows of a .npy file.",
    usage: "figment predict <run> --input <file> --output <file>\n  [<options>]",
    discussion: """
      Images are taken in the range that the model was trained on: [0, 1] for autoencoder and vae, [-1, 1] for GANs. \
      Bytes from 0 to 255 must be scaled first.
      """)

  @OptionGroup var options: TrainedModelOptions

  @Option(
    help: .init("A .npy file of numbers, the batch first: [N, height, width, channels] or [N, latent].", valueName: "file"),
    completion: .arrays)
  var input: String

  @Option(help: .init("The .npy file to write, as 32-bit floats.", valueName: "file"), completion: .arrays)
  var output: String

  @Option(help: "The part to run: whole, encoder, decoder, …", completion: .parts)
  var part = "whole"

  @Option(parsing: .unconditional, help: .init("Rows to compute at a time.", valueName: "count"))
  var batchSize = 128

  func validate() throws {
    if batchSize < 1 { throw ValidationError("--batch-size is \(batchSize); it must be at least 1.") }
  }

  func run() throws {
    let trained = try options.load()
    guard let part = trained.model.parts.first(where: { $0.name == part }) else {
      let names = trained.model.parts.map(\.name)
      let hint = suggestion(for: part, among: names, otherwise: ".")
      throw UsageError("the model has no part “\(part)”\(hint) Parts: \(names.joined(separator: ", "))")
    }
    let array = try NPYArray(contentsOf: URL(fileURLWithPath: input))
    guard array.shape.rank == part.inputShape.count + 1,
      Array(array.shape.dimensions.dropFirst()) == part.inputShape
    else {
      let wanted = (["N"] + part.inputShape.map(String.init)).joined(separator: ", ")
      throw RunError(input, "the array has shape \(array.shape); the part “\(part.name)” takes [\(wanted)]")
    }
    guard array.shape[0] > 0 else { throw RunError(input, "the array has no rows") }
    warnOfRange(part, array)
    let result = try run(part, on: array, model: trained.model)
    try result.write(to: URL(fileURLWithPath: output))
    try printWritten(output, ": \(result.shape)")
  }

  /// Values far outside of what a network was trained on give results that look like any others.
  private func warnOfRange(_ part: ModelPart, _ array: NPYArray) {
    guard let range = part.inputRange, let least = array.values.min(), let most = array.values.max() else { return }
    let slack = 0.05 * (range.upperBound - range.lowerBound)
    if least < range.lowerBound - slack || most > range.upperBound + slack {
      printError(
        "warning: \(input) holds values from \(least) to \(most), but the part “\(part.name)” was trained on "
          + "[\(range.lowerBound), \(range.upperBound)]; scale them first")
    }
  }

  private func run(_ part: ModelPart, on array: NPYArray, model: any TrainableModel) throws -> NPYArray {
    let rows = array.shape[0], width = array.values.count / rows
    var values = [Float](), outputShape = [Int]()
    for start in stride(from: 0, to: rows, by: batchSize) {
      let end = min(rows, start + batchSize)
      let batch = Tensor(
        Array(array.values[start * width..<end * width]), shape: Shape([end - start] + part.inputShape),
        on: model.device)
      let output = withoutGradient { part.run(batch) }
      values += try output.scalars()
      outputShape = Array(output.shape.dimensions.dropFirst())
    }
    return NPYArray(values, shape: Shape([rows] + outputShape))
  }
}
