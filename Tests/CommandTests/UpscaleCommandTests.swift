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
}
