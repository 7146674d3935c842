import ArgumentParser
import Figment
import Files
import Foundation

struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draws new images with a trained model.",
    usage: "figment generate <run> --output <path> [<options>]",
    discussion: """
      Writes one PNG with all of them, an array [N, height, width, channels] in [0, 1] if the output ends in .npy, or a \
      PNG each if it is a folder or ends in a slash. Without --count, a model shows itself at a glance: one with two \
      latent numbers its manifold, a grid over both, others a hundred images.
      """)

  @OptionGroup var options: TrainedModelOptions

  @Option(help: .init("The file or folder to write: grid.png, samples.npy or FOLDER/.", valueName: "path"), completion: .file())
  var output: String

  @Option(
    parsing: .unconditional,
    help: "How many images to draw at random; with --interpolate, how many rows. Default: the model at a glance; 5 rows.")
  var count: Int?

  @Flag(help: "Draw rows of ten images on the way between two random latents.")
  var interpolate = false

  @Option(
    parsing: .unconditional,
    help: .init(
      "How many pixels, each way, show one of an image. Default: 1 for a PNG each; small grids are enlarged.", valueName: "count"))
  var scale: Int?

  @Option(parsing: .unconditional, help: .init("Of the random numbers.", valueName: "number"))
  var seed: UInt64 = 0

  func validate() throws {
    if let count, count < 1 || count > Int(Int32.max) {
      throw ValidationError("--count is \(count); it must be at least 1 and below 2³¹.")
    }
    if let scale, scale < 1 || scale > 64 {
      throw ValidationError("--scale is \(scale); it must lie between 1 and 64.")
    }
    if scale != nil, target == .array {
      throw ValidationError("--scale enlarges pictures; an array (\(output)) has the model's own size.")
    }
  }

  private enum Target { case picture, array, folder }

  private var target: Target {
    var isFolder: ObjCBool = false
    if output.hasSuffix("/") { return .folder }
    if FileManager.default.fileExists(atPath: output, isDirectory: &isFolder), isFolder.boolValue { return .folder }
    return output.hasSuffix(".npy") ? .array : .picture
  }

  func run() throws {
    let trained = try options.load()
    guard let model = trained.model as? any LatentVariableModel else {
      throw UsageError("a model “\(trained.settings.model)” makes nothing from random numbers alone")
    }
    let noise = FixedNoise(seed: seed, batchSize: trained.settings.batchSize)
    let url = URL(fileURLWithPath: output)
    switch target {
    case .picture: try picture(model, noise).write(to: url)
    case .array: try writeArray(model, noise, to: url)
    case .folder: try writeFolder(model, noise, to: url)
    }
    try printWritten(output)
  }

  private func picture(_ model: any LatentVariableModel, _ noise: FixedNoise) throws -> Picture {
    if interpolate { return try model.interpolation(rows: count ?? 5, scale: scale, noise) }
    guard let count else { return try model.overview(noise, scale: scale) }
    return try model.grid(of: model.drawLatents(count, using: noise.generator), scale: scale, batchSize: noise.batchSize)
  }

  private func latents(_ model: any LatentVariableModel, _ noise: FixedNoise) throws -> Tensor {
    interpolate
      ? try model.interpolatedLatents(rows: count ?? 5, noise) : model.drawLatents(count ?? 100, using: noise.generator)
  }

  private func writeArray(_ model: any LatentVariableModel, _ noise: FixedNoise, to url: URL) throws {
    let latents = try latents(model, noise)
    try NPYArray.write(to: url, shape: Shape([latents.shape[0]] + model.output.shape)) { append in
      try model.decode(latents, batchSize: noise.batchSize) { try append($0.values) }
    }
  }

  private func writeFolder(_ model: any LatentVariableModel, _ noise: FixedNoise, to folder: URL) throws {
    try createFolder(folder)
    let latents = try latents(model, noise), digits = max(4, String(latents.shape[0] - 1).count)
    var number = 0
    try model.decode(latents, batchSize: noise.batchSize) { samples in
      let size = samples.values.count / samples.shape[0]
      for start in stride(from: 0, to: samples.values.count, by: size) {
        let name = String(format: "%0\(digits)d.png", number)
        try Picture.grid(
          Array(samples.values[start..<start + size]), shape: Shape([1] + model.output.shape), scale: scale ?? 1,
          padding: 0
        ).write(to: folder.appendingPathComponent(name))
        number += 1
      }
    }
  }
}
