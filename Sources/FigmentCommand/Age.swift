import ArgumentParser
import Figment
import Files
import Foundation

struct Age: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows faces at every age with a trained age-conditional GAN.",
    discussion: """
      Takes PNG and JPEG photographs of a face each, of which the largest square in the middle is used (or the face itself: \
      --crop-faces, --landmarks), and draws a row for each: the face, the same made anew at its own age, and at the six groups of \
      age. The run's encoder must have learnt: the stages encoder and identity. Or, with --latent-optimization, each face is \
      looked for: slower and more alike.
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

  @Flag(
    help: """
      Look for the generator's most similar face in 100 steps, from what the encoder finds on; or from nothing, if only the \
      stage gan was trained and --from-age is given.
      """)
  var latentOptimization = false

  @OptionGroup var faces: FaceCropping

  func validate() throws {
    if let fromAge, !(0...130).contains(fromAge) {
      throw ValidationError("--from-age is \(fromAge); it must lie between 0 and 130.")
    }
    if !(1...64).contains(count) { throw ValidationError("--count is \(count); it must lie between 1 and 64.") }
  }

  func run() throws {
    if output.hasSuffix("/") || (try? isFolder(output)) == true {
      throw UsageError("--output \(output) is a folder; give the name of the PNG file that shows all faces")
    }
    let trained = try options.load()
    guard let model = trained.model as? AgeConditionalGAN else {
      throw UsageError("\(options.run) is a run of the model “\(trained.settings.model)”, which knows no ages; “age-cgan” does")
    }
    let hasEncoder = trained.checkpoint.stage != "gan"
    guard hasEncoder || (latentOptimization && fromAge != nil) else {
      throw RunError(
        options.run,
        "its encoder has not learnt yet: train the next stage with: figment train --resume \(options.run) --stage encoder; "
          + "or give --latent-optimization with --from-age")
    }
    let faces = try images(shape: model.sampleShape), images = faces.flatMap { $0.map { Float($0) / 127.5 - 1 } }
    let batchSize = trained.settings.batchSize
    var latents =
      hasEncoder
      ? try model.encoded(images, batchSize: batchSize) : .zeros(Shape([faces.count] + model.noiseShape), on: model.device)
    let group = fromAge.map { Float(AgeGroup(age: $0).rawValue) }
    let labels =
      try group.map { Array(repeating: $0, count: faces.count) }
      ?? model.nearestGroups(to: images, latents: latents, batchSize: batchSize)
    if latentOptimization { latents = try optimized(latents, images, labels, by: model, batchSize: batchSize) }
    try model.strip(of: images, latents: latents, labels: labels, batchSize: batchSize).write(to: URL(fileURLWithPath: output))
    try printWritten(output)
  }

  private func optimized(
    _ latents: Tensor, _ images: [Float], _ labels: [Float], by model: AgeConditionalGAN, batchSize: Int
  ) throws -> Tensor {
    try model.loadPretrainedWeights()
    let steps = 100, size = model.sampleShape.reduce(1, *), starts = Array(stride(from: 0, to: labels.count, by: batchSize))
    let progress = ProgressLine("looked for", total: starts.count * steps, unit: "steps")
    return .concatenate(
      try starts.enumerated().map { part, start in
        let range = start..<min(labels.count, start + batchSize)
        return try model.optimized(
          latents.sliced(range),
          for: Tensor(
            Array(images[range.lowerBound * size..<range.upperBound * size]), shape: Shape([range.count] + model.sampleShape),
            on: latents.device),
          labels: Tensor(Array(labels[range]), on: latents.device), steps: steps
        ) { progress.report(part * steps + $0) }
      }, axis: 0)
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
