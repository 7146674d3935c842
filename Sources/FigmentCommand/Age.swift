import ArgumentParser
import Figment
import Files
import Foundation

struct Age: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows faces at every age with a trained age-conditional GAN.",
    discussion: """
      Takes PNG and JPEG photographs of a face each, of which the largest square in the middle is used (or the face itself: --crop-faces), and draws a row for \
      each: the face, the same made anew at its own age, and at the six groups of age. The run's encoder must have learnt: \
      the stages encoder and identity.
      """)

  @OptionGroup var options: TrainedModelOptions

  @Option(help: "A photograph of a face, or a folder of them.", completion: .file())
  var input: String

  @Option(help: .init("The PNG file to write.", valueName: "path"), completion: .file(extensions: ["png"]))
  var output: String

  @Option(
    parsing: .unconditional,
    help: .init("How old the person is on the photograph. Default: the group whose face is nearest.", valueName: "years"))
  var fromAge: Int?

  @Option(parsing: .unconditional, help: .init("How many of a folder's photographs to show, a row each.", valueName: "count"))
  var count = 8

  @OptionGroup var faces: FaceCropping

  func validate() throws {
    if let fromAge, !(0...130).contains(fromAge) {
      throw ValidationError("--from-age is \(fromAge); it must lie between 0 and 130.")
    }
    if !(1...64).contains(count) { throw ValidationError("--count is \(count); it must lie between 1 and 64.") }
  }

  func run() throws {
    let trained = try options.load()
    guard let model = trained.model as? AgeConditionalGAN else {
      throw UsageError("\(options.run) is a run of the model “\(trained.settings.model)”, which knows no ages; “age-cgan” does")
    }
    guard trained.checkpoint.stage != "gan" else {
      throw RunError(
        options.run,
        "its encoder has not learnt yet: train the next stage with: figment train --resume \(options.run) --stage encoder")
    }
    let images = try images(shape: model.sampleShape)
    let group = fromAge.map { Float(AgeGroup(age: $0).rawValue) }
    let picture = try model.strip(
      of: images.flatMap { $0.map { Float($0) / 127.5 - 1 } },
      labels: group.map { Array(repeating: $0, count: images.count) }, batchSize: trained.settings.batchSize)
    try picture.write(to: URL(fileURLWithPath: output))
    try printWritten(output)
  }

  /// The pixels of the photographs' faces. Of a folder, photographs without a face are left out.
  private func images(shape: [Int]) throws -> [[UInt8]] {
    let finder = try faces.finder(), url = URL(fileURLWithPath: input)
    func pixels(_ url: URL) throws -> [UInt8] {
      try finder?.pixels(of: url, shape: shape, .bilinear)
        ?? EncodedPicture(contentsOf: url).shaped(
          to: (height: shape[0], width: shape[1], channels: shape[2]), by: .bilinear, crop: .centre
        ).pixels
    }
    guard try isFolder(input) else { return [try pixels(url)] }
    let listing = try PictureListing(url)
    for file in listing.unreadable.prefix(5) { printError("\(file.name) is left out: \(file.problem)") }
    var images = [[UInt8]]()
    for file in listing.files where images.count < count {
      do { images.append(try pixels(file.url)) } catch let error as PictureError {
        printError("\(file.name) is left out: \(error.problem)")
      }
    }
    guard !images.isEmpty else { throw UsageError("none of the photographs in \(input) could be used") }
    return images
  }
}
