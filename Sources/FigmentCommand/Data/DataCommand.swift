import ArgumentParser
import Figment
import Files
import Foundation

struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Looks at pictures and shapes to train on, prepares and draws them.",
    subcommands: [DataShow.self, DataPrepare.self, DataMake.self])
}

struct DataPrepare: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prepare",
    abstract: "Makes one file of a folder of pictures or shapes, all of one size, to train on with --data.",
    usage:
      "figment data prepare <folder> <file> --size <size>\n  [<options>]\nfigment data prepare <source> <file> --voxels <side>\n  [<options>]",
    discussion: """
      With --size, takes PNG and JPEG files of the folder and of all folders in it. Folders at the top are classes; or a labels.csv there \
      has a line FILE,LABEL for each picture. When it is stopped, the same command goes on with what was done. The file is \
      safetensors: 'images' [N, height, width, channels], 'labels' [N], 'names'.

      With --voxels, takes volumes (.mat, .npy, .binvox) and meshes (.obj, .off, .stl, .ply), which are centred and scaled to \
      the cube. Folders at the top are classes; in ModelNet's layout, chair/30/train and chair/30/test, the latter is held out \
      for validation. Data sets of shapes (furniture, shapes) are taken by name. The file has 'volumes' [N, voxels / 8], eight \
      voxels in a byte.
      """)

  @Argument(help: .init("A folder with pictures or shapes, or a data set of shapes.", valueName: "source"), completion: .directory)
  var source: String

  @Argument(help: .init("The file to write.", valueName: "file"), completion: .file(extensions: ["safetensors"]))
  var destination: String

  @Option(
    help: "Of pictures, the size of the images: 64 for 64×64 pixels, 64x48 for a height and a width, 64x48x1 for grey ones.")
  var size: ImageSize?

  @Option(help: "Of shapes, the voxels on a side of the volumes: 32 or 64, 4 to 512.")
  var voxels: Int?

  @Option(help: .init("How pictures are resized, smoothed where they are reduced.", valueName: "filter"))
  var resize: ResizeFilter = .bilinear

  @Option(
    help: .init(
      """
      Which part of pictures of other proportions is used: their centre, or all of it stretched (fit); random is for \
      'figment train'.
      """, valueName: "part"))
  var crop: PictureCrop = .centre

  @OptionGroup var faces: FaceCropping

  @Flag(help: "Make them grey.")
  var grey = false

  @OptionGroup var shapes: ShapeArguments

  @Option(
    parsing: .unconditional,
    help: .init(
      """
      Write each shape to learn from so many times, mirrored and stretched at random by up to 15 % along each axis. Default: \
      once, as it is.
      """, valueName: "count"))
  var variants: Int?

  @Flag(help: "Replace the file if there is one.")
  var overwrite = false

  func validate() throws {
    if (size == nil) == (voxels == nil) {
      throw ValidationError("Give --size for pictures, or --voxels for shapes\(size == nil ? "." : ", not both.")")
    }
    if let voxels, !(4...512).contains(voxels) { throw ValidationError("--voxels is \(voxels); it must lie between 4 and 512.") }
    if voxels == nil, let given = (shapes.given + (variants == nil ? [] : ["--variants"])).first {
      throw ValidationError("\(given) is for shapes, which --voxels prepares.")
    }
    if let variants, !(1...10_000).contains(variants) {
      throw ValidationError("--variants is \(variants); it must lie between 1 and 10000.")
    }
    if crop == .random {
      throw ValidationError(
        "--crop random chooses places while training: prepare larger images, and give it to 'figment train'.")
    }
    if let given = faces.given, crop != .centre {
      throw ValidationError("\(given) says which part is used, so --crop \(crop.rawValue) means nothing beside it.")
    }
    if grey, size?.channels == 3 { throw ValidationError("--grey makes images of 1 channel, and --size asks for 3.") }
  }

  func run() throws {
    let url = URL(fileURLWithPath: destination)
    if !overwrite, FileManager.default.fileExists(atPath: url.path) {
      throw UsageError("\(destination) is there already; replace it with --overwrite, or give another name")
    }
    if let voxels { return try prepareShapes(to: url, side: voxels) }
    guard let size else { preconditionFailure("neither --size nor --voxels") }
    if !FileManager.default.fileExists(atPath: source), DatasetLocator.isName(source) {
      throw UsageError("“\(source)” is a data set, which --data takes by its name; --size prepares a folder with pictures")
    }
    let finder = try faces.finder()
    let listing = try PictureListing(URL(fileURLWithPath: source, isDirectory: true))
    for note in listing.notes { printError(note) }
    let shape = [size.height, size.width, grey ? 1 : size.channels ?? 3]
    let preparation = try ImagePreparation(
      listing, to: url, shape: shape, settings: PictureSettings(resize: resize, crop: crop), finder: finder)
    let progress = ProgressLine("prepared", total: listing.files.count), began = ContinuousClock.now
    let summary = try preparation.run { progress.report($0) }
    try report(
      "\(counted(summary.count, "image")) of \(shape.map(String.init).joined(separator: "×"))", classes: listing.classNames,
      unreadable: summary.unreadable, resumedAfter: summary.resumedAfter, began: began)
  }

  private func prepareShapes(to url: URL, side: Int) throws {
    let preparation = try shapePreparation(to: url, side: side)
    let progress = ProgressLine("prepared", total: preparation.itemCount, unit: "shapes"), began = ContinuousClock.now
    let summary = try preparation.run { progress.report($0) }
    try report(
      "\(counted(summary.count, "volume")) of \(side)×\(side)×\(side)", classes: preparation.classNames,
      unreadable: summary.unreadable, resumedAfter: summary.resumedAfter, began: began)
  }

  /// Of a folder's files; of samples as training would see them, if it is a data set by name or variants are asked for.
  private func shapePreparation(to url: URL, side: Int) throws -> VolumePreparation {
    let fill = shapes.fill ?? .solid, folder = URL(fileURLWithPath: source, isDirectory: true)
    let isNamed = DatasetLocator.isShapes(source)
    if !isNamed, variants == nil { return try VolumePreparation(shapes.listing(folder), to: url, side: side, fill: fill) }
    let settings = variants == nil ? VolumeSettings(fill: fill) : .augmented.filling(fill)
    let split =
      isNamed
      ? try DatasetLocator().load(source, volumeShape: [side, side, side, 1], volumes: settings)
      : try shapes.listing(folder).split(side: side, settings: settings) { printError($0) }
    return try VolumePreparation(split, named: source, to: url, fill: fill, variants: variants ?? 1)
  }

  private func report(
    _ made: String, classes: [String]?, unreadable: [UnreadablePicture], resumedAfter: Int, began: ContinuousClock.Instant
  ) throws {
    if resumedAfter > 0 { printError("went on after \(counted(resumedAfter, "file")) of an earlier run") }
    for file in unreadable.prefix(5) { printError("\(file.name) is left out: \(file.problem)") }
    if unreadable.count > 5 { printError("… and \(unreadable.count - 5) more, which 'figment data show \(source)' names") }
    printError(
      "prepared \(made)" + (classes.map { " in \(counted($0.count, "class"))" } ?? "")
        + " in \((ContinuousClock.now - began).inSeconds.formattedAsTime), \(unreadable.count) left out")
    try printWritten(destination)
  }
}
