import ArgumentParser
import Figment
import Files
import Foundation

struct Upscale: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Enlarges pictures with a trained super-resolution model.",
    discussion: """
      Takes PNG and JPEG pictures of any size and writes PNG: grey ones stay grey, and opacity and 16 bits are kept. They are \
      computed tile by tile and written row by row, so that memory hardly grows with them. A folder is enlarged into another one, \
      picture by picture, under the same names ending in .png.
      """)

  @OptionGroup var options: TrainedModelOptions

  @Option(help: "A PNG or JPEG picture, or a folder of them.", completion: .file())
  var input: String

  @Option(help: "The PNG file to write; for a folder the folder.", completion: .file())
  var output: String

  @Option(
    parsing: .unconditional,
    help: """
      The side of the squares that are computed at a time, in pixels of the input, from \(Upscaler.tileSides.lowerBound) to \
      \(Upscaler.tileSides.upperBound). They overlap by as much as the network sees. Larger ones are faster and take more memory.
      """)
  var tile = 256

  @Option(
    help: """
      A PNG file to show a small picture on, of up to \(Self.comparedArea) pixels: enlarged by its nearest pixels, by bicubic \
      interpolation, and by the model.
      """, completion: .file(extensions: ["png"]))
  var compare: String?

  /// 512×512: three of these, four times as large, are still a picture to look at.
  private static let comparedArea = 1 << 18

  func validate() throws {
    if !Upscaler.tileSides.contains(tile) {
      throw ValidationError(
        "--tile is \(tile); it must lie between \(Upscaler.tileSides.lowerBound) and \(Upscaler.tileSides.upperBound).")
    }
    for (name, path) in [("output", output), ("compare", compare)] {
      let ending = path.map { URL(fileURLWithPath: $0).pathExtension } ?? ""
      if ["jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"].contains(ending.lowercased()) {
        throw ValidationError("--\(name) \(path!) ends in .\(ending), but PNG is written; give a name that ends in .png.")
      }
    }
  }

  func run() throws {
    let source = URL(fileURLWithPath: input), target = URL(fileURLWithPath: output)
    let takesFolder = try isFolder(source.path)
    if source.standardizedFileURL == target.standardizedFileURL {
      throw UsageError("--output is the input, which would be replaced; give another name")
    }
    if !takesFolder, (try? isFolder(target.path)) == true || output.hasSuffix("/") {
      throw UsageError("--output \(output) is a folder, and the input a picture; give the name of a PNG file")
    }
    if takesFolder, compare != nil { throw UsageError("--compare shows one picture; give one as --input") }
    if takesFolder {
      let upscaler = try makeUpscaler()
      try enlarge(PictureListing(everyPictureIn: source), into: target, by: upscaler)
    } else {
      let picture = try PictureRows(EncodedPicture(contentsOf: source))
      if compare != nil, picture.width * picture.height > Self.comparedArea {
        throw UsageError(
          "\(input) has \(picture.width)×\(picture.height) pixels, and --compare shows pictures of up to \(Self.comparedArea); "
            + "cut a part out of it, or leave out --compare")
      }
      try enlarge(picture, to: target, by: makeUpscaler())
      try printWritten(output)
      if let compare { try printWritten(compare) }
    }
  }

  private func makeUpscaler() throws -> Upscaler {
    let trained = try options.load()
    guard let model = trained.model as? any EnlargingModel else {
      let model = trained.settings.model
      let commands = (trained.model is any LatentVariableModel ? ["generate"] : []) + ["predict", "evaluate"]
      throw UsageError(
        "\(options.run) is a run of the model “\(model)”, which enlarges no pictures; use it with "
          + commands.map { "'figment \($0)'" }.joined(separator: ", ") + ". A run of “srgan” enlarges")
    }
    let upscaler = Upscaler(model, tile: tile)
    if !upscaler.isExact {
      printError("squares overlap by \(upscaler.overlap) pixels, which is less than the network sees: seams may differ by a little")
    }
    return upscaler
  }

  /// Writes the large picture, and what it is compared with.
  private func enlarge(_ picture: PictureRows, to url: URL, by upscaler: Upscaler) throws {
    let scale = upscaler.scale, name = URL(fileURLWithPath: picture.path).lastPathComponent
    if picture.hasColorProfile { printError("\(name): its color profile is not kept") }
    let thousands = (picture.width * picture.height + 999) / 1000
    let progress = ProgressLine(name, total: thousands, unit: "thousand pixels")
    let writer = try PNGRowWriter(
      width: scale * picture.width, height: scale * picture.height, channels: picture.channels, depth: picture.depth,
      path: url.path)
    var compared = [UInt16]()
    try writeAtomically(to: url) { file in
      try upscaler.enlarge(picture) {
        progress.report($0 / 1000)
      } write: { rows in
        try file.write(writer.encode(rows))
        if compare != nil { compared += rows }
      }
    }
    StandardError.write("")
    guard let compare else { return }
    let (width, height) = (scale * picture.width, scale * picture.height)
    let small = try Picture(contentsOf: URL(fileURLWithPath: picture.path))
    let large = Picture(values: compared, width: width, channels: picture.channels, depth: picture.depth)
    try Picture.sideBySide([
      ("nearest", small.resized(width: width, height: height, by: .box)),
      ("bicubic", small.resized(width: width, height: height, by: .bicubic)), ("model", large),
    ]).write(to: URL(fileURLWithPath: compare))
  }

  private func enlarge(_ pictures: PictureListing, into folder: URL, by upscaler: Upscaler) throws {
    let targets = pictures.files.map { (($0.name as NSString).deletingPathExtension) + ".png" }
    for (place, target) in targets.enumerated() {
      if let other = targets[..<place].firstIndex(of: target) {
        throw UsageError(
          "\(pictures.files[other].name) and \(pictures.files[place].name) would both become \(target); rename one of them")
      }
    }
    var leftOut = pictures.unreadable.count
    for file in pictures.unreadable { printError("\(file.name) is left out: \(file.problem)") }
    for (file, target) in zip(pictures.files, targets) {
      let url = folder.appendingPathComponent(target)
      try createFolder(url.deletingLastPathComponent())
      do {
        try enlarge(PictureRows(EncodedPicture(contentsOf: file.url)), to: url, by: upscaler)
        try printWritten(url.relativePath)
      } catch let error as PictureError {
        printError("\(file.name) is left out: \(error.problem)")
        leftOut += 1
      }
    }
    if leftOut > 0 {
      throw RunError(input, "\(leftOut) picture\(leftOut == 1 ? "" : "s") could not be read; the others are done")
    }
  }
}
