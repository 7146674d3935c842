import ArgumentParser
import Faces
import Figment
import Files
import Foundation

struct DataMake: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "make",
    abstract: "Draws a data set and writes it into a folder.",
    discussion: """
      'faces' are drawn people from 1 to 90 years, four pictures of each, stored as the wiki_crop photographs are: JPEGs in \
      folders 00 to 99, and a table wiki.mat with birthdays and the years of the photographs. The same seed draws the same \
      faces. To train on them without a folder: --data faces.
      """)

  enum Kind: String, CaseIterable, ExpressibleByArgument { case faces }

  @Argument(help: "What to draw: faces.")
  var kind: Kind

  @Argument(help: "The folder to make.", completion: .directory)
  var folder: String

  @Option(help: "How many.")
  var count: Int

  @Option(help: "Which ones: any whole number from 0 on.")
  var seed: UInt64 = 1

  @Option(help: "Their height and width in pixels.")
  var size = 64

  func validate() throws {
    try require("--count", count, in: FaceFolder.counts)
    try require("--size", size, in: Face.sizes)
  }

  private func require(_ option: String, _ value: Int, in range: ClosedRange<Int>) throws {
    guard range.contains(value) else {
      throw ValidationError("\(option) must be a whole number from \(range.lowerBound) to \(range.upperBound), not \(value).")
    }
  }

  func run() throws {
    let progress = ProgressLine("drew", total: count), began = ContinuousClock.now
    try FaceFolder(FaceCollection(seed: seed), count: count, size: size)
      .write(to: URL(fileURLWithPath: folder, isDirectory: true)) { progress.report($0) }
    printError("drew \(count) face\(count == 1 ? "" : "s") in \((ContinuousClock.now - began).inSeconds.formattedAsTime)")
    try printWritten(folder)
  }
}
