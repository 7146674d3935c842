import Foundation
import Testing

/// Every mistake ends with a clear line and status 1 or 2, and loses nothing.
@Suite struct BadInputTests {
  private func expectFailure(
    _ outcome: Figment.Outcome, status: Int32, _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(outcome.status == status, "\(outcome.errors)", sourceLocation: sourceLocation)
    for part in parts {
      #expect(outcome.errors.contains(part), "“\(part)” in: \(outcome.errors)", sourceLocation: sourceLocation)
    }
    #expect(!outcome.errors.contains("Fatal error"), sourceLocation: sourceLocation)
  }

  @Test func flagsAndNames() throws {
    let place = try Workplace()
    expectFailure(try Figment.run(["train", "vea"]), status: 2, "“vea”", "“vae”")
    expectFailure(try Figment.run(["summary", "autoencodr"]), status: 2, "“autoencoder”")
    expectFailure(try Figment.run(["trian", "vae"]), status: 2, "error: there is no command “trian”; did you mean “train”?")
    #expect(try Figment.run(["help", "train"]).status == 0)
    expectFailure(try Figment.run(["train", "vae", "--epoch", "3"]), status: 2, "--epoch", "--epochs")
    expectFailure(try Figment.run(["train"]), status: 2, "error: Name a model")
    expectFailure(try place.train(["--batch-size", "0"]), status: 2, "--batch-size is 0")
    expectFailure(try place.train(["--epochs", "0"]), status: 2, "--epochs is 0")
    expectFailure(try place.train(["--epochs", "-1"]), status: 2, "--epochs is -1")
    expectFailure(try place.train(["--learning-rate", "-1"]), status: 2, "--learning-rate is -1")
    expectFailure(try place.train(["--epochs", "--verbose"]), status: 2, "--verbose", "--epochs")
    expectFailure(try place.train(["--learning-rate", "nan"]), status: 2, "--learning-rate is nan")
    expectFailure(try place.train(["--learning-rate", "fast"]), status: 2, "--learning-rate", "fast")
    expectFailure(try place.train(["--learning-rate-schedule", "linear"]), status: 2, "linear", "cosine")
    expectFailure(try place.train(["--device", "cpuu"]), status: 2, "“cpuu”", "“cpu”")
    expectFailure(try place.train(["--device", "opencl:97"]), status: 1, "97")
    expectFailure(try Figment.run(["benchmark", "step"]), status: 2, "“steps”")
    expectFailure(try Figment.run(["benchmark", "steps", "dcgn"]), status: 2, "“dcgan”")
    expectFailure(try Figment.run(["benchmark", "convolution", "srgn"]), status: 2, "“srgan”")
    expectFailure(try Figment.run(["benchmark", "memory", "vae"]), status: 2, "takes no further names")
    expectFailure(try Figment.run(["benchmark", "steps", "--tune"]), status: 2, "--tune")
    expectFailure(try Figment.run(["benchmark", "gemm", "--tune", "--device", "cpu"]), status: 2, "OpenCL")
    expectFailure(try Figment.run(["benchmark", "gemm", "--compare", "nowhere.json"]), status: 1, "nowhere.json")
    expectFailure(try Figment.run(["train", "srgan", "--data", "mnist", "--output", "x"]), status: 1, "has no photographs")
    #expect(!place.exists("run"))
  }

  @Test func dataSets() throws {
    let place = try Workplace()
    expectFailure(try place.train(["--data", "fashion-mnst"]), status: 1, "fashion-mnst", "fashion-mnist")
    try FileManager.default.createDirectory(at: place.path("empty"), withIntermediateDirectories: true)
    expectFailure(try place.train(["--data", "empty"]), status: 1, "empty", "train-images")
    let whole = place.images(40)
    for (name, contents) in [
      ("truncated", whole.prefix(500)), ("empty file", Data()), ("not IDX", Data("<html></html>".utf8)),
      ("wrong magic", Data([0, 0, 8, 9]) + whole.dropFirst(4)), ("trailing bytes", whole + Data([1, 2, 3])),
    ] {
      try contents.write(to: place.path("data/train-images-idx3-ubyte"))
      let outcome = try place.train()
      expectFailure(outcome, status: 1, "train-images-idx3-ubyte")
      #expect(outcome.errors.split(separator: "\n").count == 1, "\(name): \(outcome.errors)")
    }
    try whole.write(to: place.path("data/train-images-idx3-ubyte"))
    try place.labels(39).write(to: place.path("data/train-labels-idx1-ubyte"))
    expectFailure(try place.train(), status: 1, "40", "39")
    #expect(!place.exists("run"), "nothing was begun")
  }

  @Test func configurationFiles() throws {
    let place = try Workplace()
    expectFailure(try place.train(["--config", "absent.json"]), status: 1, "absent.json")
    try Data(#"{"latnetSize": 3}"#.utf8).write(to: place.path("wrong.json"))
    expectFailure(try place.train(["--config", "wrong.json"]), status: 1, "latnetSize", "“latentSize”")
    try Data("{}".utf8).write(to: place.path("wrong.json"))
    expectFailure(try place.train(["--config", "wrong.json"]), status: 1, "[8, 8, 1]", "[28, 28, 1]")
  }

  @Test func outputFolders() throws {
    let place = try Workplace()
    try Data().write(to: place.path("file"))
    expectFailure(try place.train(["--output", "file/run"]), status: 1, "file/run")
    try place.train(["--epochs", "1"])
    let before = try Data(contentsOf: place.path("run/checkpoints/last.safetensors"))
    expectFailure(try place.train(["--epochs", "1"]), status: 2, "already holds a run", "--resume", "--overwrite")
    #expect(try Data(contentsOf: place.path("run/checkpoints/last.safetensors")) == before)
    expectFailure(
      try Figment.run(["generate", "run", "--output", "no/such/folder.png", "--device", "cpu"], in: place.url),
      status: 1, "no/such")
  }

  @Test func checkpoints() throws {
    let place = try Workplace()
    try place.train(["--epochs", "1"])
    expectFailure(try Figment.run(["generate", "absent", "--output", "x.png"], in: place.url), status: 1, "absent")
    expectFailure(try Figment.run(["train", "--resume", "absent"], in: place.url), status: 1, "absent")
    expectFailure(try Figment.run(["train", "autoencoder", "--resume", "run"], in: place.url), status: 2, "“vae”")
    let file = place.path("run/checkpoints/last.safetensors"), whole = try Data(contentsOf: file)
    try whole.prefix(whole.count / 2).write(to: file)
    expectFailure(
      try Figment.run(["generate", "run", "--output", "x.png", "--device", "cpu"], in: place.url), status: 1,
      "last.safetensors")
    #expect(!place.exists("x.png"))
  }

  /// A disk that fills up while the second checkpoint is written: a limit on the size of files stands in for it.
  @Test func aFullDiskKeepsThePreviousCheckpoint() throws {
    let place = try Workplace()
    try place.train(["--epochs", "1"])
    let file = place.path("run/checkpoints/last.safetensors"), before = try Data(contentsOf: file)
    let blocks = before.count / 1024 / 2
    let outcome = try place.train(
      ["--resume", "run", "--epochs", "2"], shell: #"ulimit -f \#(blocks); exec "$0" "$@""#)
    expectFailure(outcome, status: 1, "last.safetensors", "file size")
    #expect(try Data(contentsOf: file) == before)
    let names = try FileManager.default.contentsOfDirectory(atPath: place.path("run/checkpoints").path).sorted()
    #expect(names == ["best.safetensors", "last.safetensors"], "no half-written file is left")
    #expect(try place.train(["--resume", "run", "--epochs", "2"]).status == 0)
  }

  @Test func aLossThatIsNotFinite() throws {
    let place = try Workplace()
    try place.train(["--epochs", "1"])
    let outcome = try place.train(["--output", "wild", "--learning-rate", "1e30"])
    expectFailure(outcome, status: 1, "step", "samples", "no checkpoint yet", "lower learning rate")
  }
}
