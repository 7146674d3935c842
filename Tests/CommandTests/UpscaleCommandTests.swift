import Foundation
import Pictures
import Testing

@Suite struct UpscaleCommandTests {
  let place: Workplace
  init() throws {
    place = try Workplace()
    try Picture(width: 6, height: 4, channels: 1, filledWith: 9).write(to: place.path("small.png"))
  }

  func upscale(_ arguments: String...) throws -> Figment.Outcome {
    try Figment.run(["upscale", "run", "--device", "cpu"] + arguments, in: place.url)
  }

  @Test func whatCannotBeEnlargedIsSaidBeforeARunIsLookedFor() throws {
    try Data("text".utf8).write(to: place.path("text.png"))
    try Picture(width: 700, height: 400, channels: 1, filledWith: 9).write(to: place.path("large.png"))
    for (arguments, status, message) in [
      (["--input", "text.png", "--output", "b.png"], 1, "text.png: it is no picture; PNG and JPEG are read"),
      (["--input", "none.png", "--output", "b.png"], 1, "none.png: there is no such file or folder"),
      (
        ["--input", "small.png", "--output", "b.jpg"], 2,
        "--output b.jpg ends in .jpg, but PNG is written; give a name that ends in .png"
      ),
      (
        ["--input", "small.png", "--output", "data"], 2,
        "--output data is a folder, and the input a picture; give the name of a PNG file"
      ),
      (["--input", "small.png", "--output", "small.png"], 2, "--output is the input, which would be replaced; give another name"),
      (["--input", "small.png", "--output", "b.png", "--tile", "8"], 2, "--tile is 8; it must lie between 16 and 2048."),
      (["--input", "data", "--output", "b", "--compare", "c.png"], 2, "--compare shows one picture"),
      (
        ["--input", "large.png", "--output", "b.png", "--compare", "c.png"], 2, "large.png has 700×400 pixels, and --compare shows"
      ),
      (["--input", "small.png", "--output", "b.png"], 1, "config.json: there is no such file: this is not the folder of a run"),
    ] {
      let outcome = try Figment.run(["upscale", "run", "--device", "cpu"] + arguments, in: place.url)
      #expect(outcome.status == status, "\(arguments): \(outcome.errors)")
      #expect(outcome.errors.contains(message), "\(arguments): \(outcome.errors)")
    }
    #expect(!place.exists("b.png"))
  }

  @Test func aRunOfAnotherModelIsNamedWithWhatItCanDo() throws {
    try place.train(["--epochs", "1"])
    let outcome = try upscale("--input", "small.png", "--output", "b.png")
    #expect(outcome.status == 2)
    #expect(
      outcome.errors.contains(
        "run is a run of the model “vae”, which enlarges no pictures; use it with 'figment generate', 'figment predict', "
          + "'figment evaluate'. A run of “srgan” enlarges"))
  }

  /// A network of one block that has seen a crop or two.
  private func trainSmallNetwork() throws {
    for number in 0..<3 {
      let pixels = (0..<32 * 32 * 3).map { UInt8(truncatingIfNeeded: $0 * (number + 3) / 4) }
      try Picture(width: 32, height: 32, channels: 3, pixels: pixels).write(to: place.path("photos/\(number).png"))
    }
    try Data(#"{"imageSize": [8, 8], "scale": 2, "residualBlocks": 1}"#.utf8).write(to: place.path("srgan.json"))
    let outcome = try Figment.run(
      [
        "train", "srgan", "--config", "srgan.json", "--data", "photos", "--stage", "pretrain", "--iterations", "1", "--device",
        "cpu",
        "--output", "run", "--sample-every", "never",
      ], in: place.url)
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  private func size(_ name: String) throws -> [Int] {
    let picture = try Picture(contentsOf: place.path(name))
    return [picture.width, picture.height, picture.channels]
  }

  @Test func picturesAndFoldersAreEnlarged() throws {
    try FileManager.default.createDirectory(at: place.path("photos"), withIntermediateDirectories: true)
    try trainSmallNetwork()
    var outcome = try upscale("--input", "small.png", "--output", "large.png", "--compare", "beside.png", "--tile", "16")
    #expect(outcome.status == 0 && outcome.output == "large.png\nbeside.png\n", "\(outcome.errors)")
    #expect(try size("large.png") == [12, 8, 1])
    #expect(try size("beside.png")[0] > 3 * 12)

    for name in ["in", "in/below"] {
      try FileManager.default.createDirectory(at: place.path(name), withIntermediateDirectories: true)
    }
    try Picture(width: 40, height: 21, channels: 3, filledWith: 200).jpeg(quality: 90).write(to: place.path("in/below/b.jpg"))
    try Picture(width: 5, height: 7, channels: 3, filledWith: 30).write(to: place.path("in/a.png"))
    try Data("no picture".utf8).write(to: place.path("in/broken.png"))
    outcome = try upscale("--input", "in", "--output", "out")
    #expect(outcome.status == 1 && outcome.output == "out/a.png\nout/below/b.png\n", "\(outcome.output)")
    #expect(outcome.errors.contains("broken.png is left out: it is no picture; PNG and JPEG are read"))
    #expect(outcome.errors.contains("1 picture could not be read; the others are done"))
    #expect(try size("out/a.png") == [10, 14, 3] && size("out/below/b.png") == [80, 42, 3])

    // Two that would have one name, before anything is written.
    try Picture(width: 5, height: 7, channels: 3, filledWith: 30).jpeg(quality: 90).write(to: place.path("in/a.jpg"))
    outcome = try upscale("--input", "in", "--output", "out2")
    #expect(outcome.status == 2 && outcome.errors.contains("a.jpg and a.png would both become a.png; rename one of them"))
    #expect(!place.exists("out2/a.png"))
  }
}

extension [UInt8] {
  fileprivate func write(to url: URL) throws { try Data(self).write(to: url) }
}
