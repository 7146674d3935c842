import Foundation
import Testing

/// A run is never lost: not by who stops listening, not by a second process, not by what is done to its folder.
@Suite struct RunSafetyTests {
  private func checkpoint(_ place: Workplace, _ run: String = "run") throws -> Data {
    try Data(contentsOf: place.path("\(run)/checkpoints/last.safetensors"))
  }

  /// Standard error closed, full, or a pipe whose reader is gone, with SIGPIPE ignored or not.
  @Test(arguments: [
    #"exec "$0" "$@" 2>&-"#, #"exec "$0" "$@" 2>/dev/full"#,
    #"trap '' PIPE; { "$0" "$@"; echo $? > status; } 2>&1 >/dev/null | true"#,
    #"{ "$0" "$@"; echo $? > status; } 2>&1 >/dev/null | true"#,
  ])
  func nobodyHasToListen(shell: String) throws {
    let place = try Workplace()
    let outcome = try place.train(["--output", "quiet"], shell: shell)
    let status =
      place.exists("status") ? try String(contentsOf: place.path("status"), encoding: .utf8) : "\(outcome.status)\n"
    #expect(status == "0\n")
    try place.train()
    #expect(try checkpoint(place, "quiet") == checkpoint(place))
    #expect(!place.exists("quiet/samples/losses.png") == !place.exists("run/samples/losses.png"))
  }

  @Test func standardOutputThatCannotBeWrittenIsAnError() throws {
    let place = try Workplace()
    let outcome = try Figment.run(["summary", "vae"], in: place.url, shell: #"exec "$0" "$@" >/dev/full"#)
    #expect(outcome.status == 1 && outcome.errors.contains("standard output"))
  }

  /// Signals that are ignored at the start, as by nohup, stay ignored; others end the run with a checkpoint.
  @Test func ignoredSignalsStayIgnored() throws {
    let place = try Workplace()
    let (process, _, errors) = Figment.process(
      place.trainArguments(["--epochs", "60", "--checkpoint-every", "steps:1"]), in: place.url,
      shell: #"trap '' HUP INT; exec "$0" "$@""#)
    try process.run()
    let deadline = Date().addingTimeInterval(60)
    while !place.exists("run/checkpoints/last.safetensors"), process.isRunning, Date() < deadline { usleep(500) }
    kill(process.processIdentifier, SIGHUP)
    kill(process.processIdentifier, SIGINT)
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0 && text.contains("epoch 60/60"), "\(text.suffix(500))")
  }

  /// What belonged to the old run goes before the new one begins, and nothing else does.
  @Test func overwritingLeavesNothingOfTheOldRun() throws {
    let place = try Workplace()
    try place.train(["--epochs", "1"])
    try Data("mine".utf8).write(to: place.path("run/notes.txt"))
    try Data("mine".utf8).write(to: place.path("run/samples/notes.txt"))
    let failed = try place.train(["--overwrite", "--learning-rate", "1e30"])
    #expect(failed.status == 1)
    for name in ["checkpoints/last.safetensors", "checkpoints/best.safetensors", "samples/epoch-0001-manifold.png"] {
      #expect(!place.exists("run/\(name)"), "\(name) is of the old run")
    }
    #expect(place.exists("run/notes.txt") && place.exists("run/samples/notes.txt"))
    for command in [["generate", "run", "--output", "x.png"], ["evaluate", "run"], ["train", "--resume", "run"]] {
      let outcome = try Figment.run(command + ["--device", "cpu"], in: place.url)
      #expect(outcome.status == 1 && outcome.errors.contains("no checkpoint"), "\(command): \(outcome.errors)")
    }
    #expect(try place.train(["--resume", "run"]).errors.contains("--overwrite"), "it says how to start again")
    let again = try place.train()
    #expect(again.status == 2 && again.errors.contains("ended before its first checkpoint"))
    #expect(try place.train(["--overwrite"]).status == 0)
  }

  @Test func aFolderHasOneTrainerAtATime() throws {
    let place = try Workplace()
    let (process, _, errors) = Figment.process(
      place.trainArguments(["--epochs", "100000", "--checkpoint-every", "steps:5"]), in: place.url)
    try process.run()
    let deadline = Date().addingTimeInterval(60)
    while !place.exists("run/checkpoints/last.safetensors"), process.isRunning, Date() < deadline { usleep(500) }
    for arguments in [["--resume", "run"], ["--overwrite"]] {
      let second = try place.train(arguments)
      #expect(second.status == 1 && second.errors.contains("another process is training"), "\(second.errors)")
    }
    kill(process.processIdentifier, SIGKILL)
    _ = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let resumed = try place.train(["--resume", "run", "--epochs", "1"])
    #expect(resumed.status == 0, "the lock died with its holder: \(resumed.errors)")
  }

  @Test func aCheckpointOfAnotherRunIsRefused() throws {
    let place = try Workplace()
    try place.train(["--epochs", "1"])
    try place.train(["--epochs", "1", "--seed", "6", "--output", "other"])
    let target = place.path("run/checkpoints/last.safetensors")
    try FileManager.default.removeItem(at: target)
    try FileManager.default.copyItem(at: place.path("other/checkpoints/last.safetensors"), to: target)
    for command in [
      ["generate", "run", "--output", "x.png"], ["evaluate", "run"], ["train", "--resume", "run", "--epochs", "2"],
    ] {
      let outcome = try Figment.run(command + ["--device", "cpu"], in: place.url)
      #expect(outcome.status == 1 && outcome.errors.contains("seed is 6, not 5"), "\(command): \(outcome.errors)")
    }
  }

  /// Data that moved is found again by --data; data that changed is refused.
  @Test func aResumedRunKnowsItsData() throws {
    let place = try Workplace()
    try place.train(["--epochs", "1"])
    try FileManager.default.moveItem(at: place.path("data"), to: place.path("moved"))
    let lost = try place.train(["--resume", "run", "--epochs", "2"])
    #expect(lost.status == 1 && lost.errors.contains("/data"))
    // From elsewhere, too: what the run remembers is no relative path.
    let elsewhere = try Figment.run(
      ["train", "--resume", place.path("run").path, "--epochs", "2", "--data", place.path("moved").path],
      in: FileManager.default.temporaryDirectory)
    #expect(elsewhere.status == 0, "\(elsewhere.errors)")

    var changed = place.images(40)
    changed[100] ^= 1
    try changed.write(to: place.path("moved/train-images-idx3-ubyte"))
    let other = try place.train(["--resume", "run", "--epochs", "3"])
    #expect(other.status == 1 && other.errors.contains("other data"), "\(other.errors)")
    try place.images(10).write(to: place.path("moved/train-images-idx3-ubyte"))
    try place.labels(10).write(to: place.path("moved/train-labels-idx1-ubyte"))
    #expect(try place.train(["--resume", "run", "--epochs", "3"]).status == 1)
  }

  @Test func aResumedRunComputesWhereItDidUnlessTold() throws {
    let place = try Workplace()
    try place.train(["--epochs", "1", "--device", "reference"])
    let settings = try String(contentsOf: place.path("run/config.json"), encoding: .utf8)
    #expect(settings.contains(#""device" : "reference""#))
    let same = try Figment.run(["train", "--resume", "run", "--epochs", "2"], in: place.url)
    #expect(same.errors.contains("computing on reference"), "\(same.errors)")
    let auto = try Figment.run(["train", "--resume", "run", "--epochs", "3", "--device", "auto"], in: place.url)
    #expect(auto.status == 0 && auto.errors.contains("computing on cpu"), "\(auto.errors)")
    #expect(try String(contentsOf: place.path("run/config.json"), encoding: .utf8).contains(#""device" : "cpu""#))
  }

  @Test func whatAKilledWriterLeftIsRemoved() throws {
    let place = try Workplace()
    try place.train(["--epochs", "1"])
    let left = "run/checkpoints/.last.safetensors.999999.abc.partial"
    try Data([1]).write(to: place.path(left))
    try Data([1]).write(to: place.path("run/checkpoints/mine.partial"))
    #expect(try place.train(["--resume", "run", "--epochs", "2"]).status == 0)
    #expect(!place.exists(left) && place.exists("run/checkpoints/mine.partial"))
  }

  /// Four channels are no picture, but may be trained on, shown and read.
  @Test func imagesOfFourChannelsAreDrawn() throws {
    let place = try Workplace()
    func images(_ count: Int) -> Data {
      var data = Data([0, 0, 8, 4])
      for size in [count, 8, 8, 4] { withUnsafeBytes(of: UInt32(size).bigEndian) { data.append(contentsOf: $0) } }
      return data + Data((0..<count * 256).map { UInt8($0 % 251) })
    }
    try images(40).write(to: place.path("data/train-images-idx3-ubyte"))
    try images(12).write(to: place.path("data/t10k-images-idx3-ubyte"))
    try Data(#"{"imageShape": [8, 8, 4]}"#.utf8).write(to: place.path("small.json"))
    let outcome = try place.train()
    #expect(outcome.status == 0 && !outcome.errors.contains("warning"), "\(outcome.errors)")
    #expect(
      try Figment.run(["generate", "run", "--count", "3", "--output", "x.png", "--device", "cpu"], in: place.url).status == 0)
  }

  @Test func anArrayOnStandardOutputIsAlone() throws {
    let place = try Workplace()
    try place.train(["--epochs", "1"])
    let arguments = ["generate", "run", "--count", "3", "--device", "cpu", "--output"]
    let outcome = try Figment.run(
      arguments + ["/dev/stdout.npy"], in: place.url,
      shell: #"ln -s /dev/stdout out.npy; "$0" generate run --count 3 --device cpu --output out.npy > array"#)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try Figment.run(arguments + ["direct.npy"], in: place.url).output == "direct.npy\n")
    #expect(try Data(contentsOf: place.path("array")) == Data(contentsOf: place.path("direct.npy")))
  }

  @Test func valuesFarFromWhatWasTrainedOnAreNoticed() throws {
    let place = try Workplace()
    try place.train(["--epochs", "1"])
    func array(_ value: Float) throws {
      var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 8, 8, 1), }"
      header += String(repeating: " ", count: 117 - header.count) + "\n"
      var file = Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0, UInt8(header.utf8.count), 0]) + Data(header.utf8)
      for _ in 0..<64 { withUnsafeBytes(of: value) { file.append(contentsOf: $0) } }
      try file.write(to: place.path("x.npy"))
    }
    let command = ["predict", "run", "--input", "x.npy", "--output", "y.npy", "--device", "cpu"]
    try array(0.5)
    #expect(try Figment.run(command, in: place.url).errors.isEmpty)
    try array(255)
    let warned = try Figment.run(command, in: place.url)
    #expect(warned.status == 0 && warned.errors.contains("255") && warned.errors.contains("[0.0, 1.0]"))
  }
}
