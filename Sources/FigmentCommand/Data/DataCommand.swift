import ArgumentParser
import Figment
import Files
import Foundation

struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Looks at pictures to train on, prepares and draws them.",
    subcommands: [DataShow.self, DataPrepare.self, DataMake.self])
}

struct DataPrepare: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prepare",
    abstract: "Makes one file of a folder of pictures, all of one size, to train on with --data.",
    usage: "figment data prepare <folder> <file> --size <size>\n  [<options>]",
    discussion: """
      Takes PNG and JPEG files of the folder and of all folders in it. Folders at the top are classes; or a labels.csv there \
      has a line FILE,LABEL for each picture. When it is stopped, the same command goes on with what was done. The file is \
      safetensors: 'images' [N, height, width, channels], 'labels' [N], 'names'.
      """)

  @Argument(help: .init("A folder with pictures.", valueName: "folder"), completion: .directory)
  var source: String

  @Argument(help: .init("The file to write.", valueName: "file"), completion: .file(extensions: ["safetensors"]))
  var destination: String

  @Option(help: "The size of the images: 64 for 64×64 pixels, 64x48 for a height and a width, 64x48x1 for grey ones.")
  var size: ImageSize

  @Option(help: .init("How pictures are resized, smoothed where they are reduced.", valueName: "filter"))
  var resize: ResizeFilter = .bilinear

  @Option(
    help: .init(
      """
      Which part of pictures of other proportions is used: their centre, or all of it stretched (fit); random is for \
      'figment train'.
      """, valueName: "part"))
  var crop: PictureCrop = .centre

  @Flag(help: "Make them grey.")
  var grey = false

  @Flag(help: "Replace the file if there is one.")
  var overwrite = false

  func validate() throws {
    if crop == .random {
      throw ValidationError(
        "--crop random chooses places while training: prepare larger images, and give it to 'figment train'.")
    }
    if grey, size.channels == 3 { throw ValidationError("--grey makes images of 1 channel, and --size asks for 3.") }
  }

  func run() throws {
    let url = URL(fileURLWithPath: destination)
    if !overwrite, FileManager.default.fileExists(atPath: url.path) {
      throw UsageError("\(destination) is there already; replace it with --overwrite, or give another name")
    }
    let listing = try PictureListing(URL(fileURLWithPath: source, isDirectory: true))
    for note in listing.notes { printError(note) }
    let shape = [size.height, size.width, grey ? 1 : size.channels ?? 3]
    let preparation = try ImagePreparation(
      listing, to: url, shape: shape, settings: PictureSettings(resize: resize, crop: crop))
    let progress = ProgressLine("prepared", total: listing.files.count), began = ContinuousClock.now
    let summary = try preparation.run { progress.report($0) }
    if summary.resumedAfter > 0 { printError("went on after \(counted(summary.resumedAfter, "file")) of an earlier run") }
    for file in summary.unreadable.prefix(5) { printError("\(file.name) is left out: \(file.problem)") }
    if summary.unreadable.count > 5 {
      printError("… and \(summary.unreadable.count - 5) more, which 'figment data show \(source)' names")
    }
    printError(
      "prepared \(counted(summary.count, "image")) of \(shape.map(String.init).joined(separator: "×"))"
        + (listing.classNames.map { " in \(counted($0.count, "class"))" } ?? "")
        + " in \((ContinuousClock.now - began).inSeconds.formattedAsTime), \(summary.unreadable.count) left out")
    try printWritten(destination)
  }
}
