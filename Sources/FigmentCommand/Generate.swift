import ArgumentParser
import Figment
import Files
import Foundation

struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draws new images or shapes with a trained model.",
    usage: "figment generate <run> --output <path> [<options>]",
    discussion: """
      Writes one PNG with all of them; an array [N, height, width, channels] in [0, 1], of shapes with a depth before the \
      height, if the output ends in .npy; or a file each if it is a folder or ends in a slash: PNG of images, OBJ of shapes. \
      Without --count, a model shows itself at a glance: one with two latent numbers its manifold, a grid over both, others \
      a hundred images or 25 shapes.
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
    help: .init(
      """
      Add and take away latents by the numbers of their images in a grid with the same --seed, from 0, such as '3 - 7 + 12'; \
      draws the terms and the result.
      """, valueName: "sum"))
  var combine: LatentCombination?

  @Option(
    parsing: .unconditional,
    help: .init("Of faces: how old they are. Default: of all ages in turn.", valueName: "years"))
  var age: Int?

  @Flag(help: "Of shapes: turn them around once, in an animated PNG.")
  var turn = false

  @Option(help: "Of the files in a folder: png or npy, of shapes also the others. Default: png; of shapes obj.")
  var format: SampleFormat?

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
    if let age, !(0...130).contains(age) { throw ValidationError("--age is \(age); it must lie between 0 and 130.") }
    if age != nil, interpolate || combine != nil {
      throw ValidationError("--age is of faces drawn at random: leave \(interpolate ? "--interpolate" : "--combine") out.")
    }
    if combine != nil, interpolate || count != nil {
      throw ValidationError("--combine says which latents are drawn: leave \(interpolate ? "--interpolate" : "--count") out.")
    }
    if turn, target != .picture { throw ValidationError("--turn makes one picture; \(output) is none.") }
    if format != nil, target != .folder {
      throw ValidationError("--format is of the files in a folder; what \(output) becomes is said by its name.")
    }
    if scale != nil, target == .array {
      throw ValidationError("--scale enlarges pictures; an array (\(output)) has the model's own size.")
    }
  }

  private enum Target { case picture, array, folder }

  private var target: Target {
    if output.hasSuffix("/") || (try? isFolder(output)) == true { return .folder }
    return output.hasSuffix(".npy") ? .array : .picture
  }

  func run() throws {
    let trained = try options.load()
    guard let model = trained.model as? any LatentVariableModel else {
      throw UsageError("a model “\(trained.settings.model)” makes nothing from random numbers alone")
    }
    if age != nil, !(model is AgeConditionalGAN) {
      throw UsageError("--age is for faces; “\(trained.settings.model)” knows no ages, “\(AgeConditionalGAN.identifier)” does")
    }
    let noise = FixedNoise(seed: seed, batchSize: trained.settings.batchSize), url = URL(fileURLWithPath: output)
    switch target {
    case .picture where turn:
      guard let model = model as? VoxelGAN else {
        throw UsageError("--turn is for shapes; “\(trained.settings.model)” makes images")
      }
      try writeAtomically(turning(model, noise), to: url)
    case .picture: try picture(model, noise).write(to: url)
    case .array: try writeArray(model, noise, to: url)
    case .folder:
      try SampleFolder(url, format: format, scale: scale ?? 1, of: model).write(latents(model, noise, count: 100), noise)
    }
    try printWritten(output)
  }

  private func picture(_ model: any LatentVariableModel, _ noise: FixedNoise) throws -> Picture {
    if interpolate { return try model.interpolation(rows: count ?? 5, scale: scale, noise) }
    if let combine {
      return try model.grid(
        of: model.latents(combine, noise), columns: combine.terms.count + 1, scale: scale, batchSize: noise.batchSize)
    }
    if count == nil, age == nil { return try model.overview(noise, scale: scale) }
    return try model.grid(of: drawn(model, count ?? 100, noise), scale: scale, batchSize: noise.batchSize)
  }

  private func latents(_ model: any LatentVariableModel, _ noise: FixedNoise, count usual: Int) throws -> Tensor {
    if let combine { return try model.latents(combine, noise) }
    return interpolate
      ? try model.interpolatedLatents(rows: count ?? 5, noise) : drawn(model, count ?? usual, noise)
  }

  private func drawn(_ model: any LatentVariableModel, _ count: Int, _ noise: FixedNoise) -> Tensor {
    guard let age, let model = model as? AgeConditionalGAN else { return model.drawLatents(count, using: noise.generator) }
    return model.drawLatents(count, using: noise.generator) { _ in AgeGroup(age: age).rawValue }
  }

  private func turning(_ model: VoxelGAN, _ noise: FixedNoise) throws -> [UInt8] {
    var volumes = [Volume]()
    try model.decode(latents(model, noise, count: 9), batchSize: noise.batchSize) { volumes += model.volumes(of: $0) }
    let columns = interpolate ? 10 : combine.map { $0.terms.count + 1 }
    return try AnimatedPNG.turning(volumes, columns: columns, size: model.pictureShape[0] * (scale ?? 1))
  }

  private func writeArray(_ model: any LatentVariableModel, _ noise: FixedNoise, to url: URL) throws {
    let latents = try latents(model, noise, count: 100)
    try NPYArray.write(to: url, shape: Shape([latents.shape[0]] + model.output.shape)) { append in
      try model.decode(latents, batchSize: noise.batchSize) { try append($0.values) }
    }
  }
}

extension LatentCombination: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
