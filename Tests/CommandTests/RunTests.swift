import Foundation
import Testing

@Suite struct RunTests {
  @Test func aRunLeavesWhatItPromises() throws {
    let place = try Workplace()
    let outcome = try place.train()
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output == "run\n")
    for file in ["config.json", "metrics.jsonl", "metrics.csv", "checkpoints/last.safetensors", "checkpoints/best.safetensors"] {
      #expect(place.exists("run/\(file)"), "\(file)")
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: place.path("run").path)
    #expect(files.contains { $0.contains("tfevents") })
    for run in ["train", "validation"] {
      let events = try FileManager.default.contentsOfDirectory(atPath: place.path("run/\(run)").path)
      #expect(events.count == 1 && events[0].contains("tfevents"), "TensorBoard shows both in one chart")
    }
    let samples = try FileManager.default.contentsOfDirectory(atPath: place.path("run/samples").path)
    #expect(samples.contains { $0.hasSuffix(".png") })

    let picture = try Figment.run(["generate", "run", "--output", "manifold.png", "--device", "cpu"], in: place.url)
    #expect(picture.status == 0, "\(picture.errors)")
    #expect(try Data(contentsOf: place.path("manifold.png")).prefix(4) == Data([0x89, 0x50, 0x4E, 0x47]))

    let evaluation = try Figment.run(["evaluate", "run", "--device", "cpu"], in: place.url)
    let object = try JSONSerialization.jsonObject(with: Data(evaluation.output.utf8)) as? [String: Any]
    #expect(object?["images"] as? Int == 12)
    #expect((object?["loss"] as? Double).map { $0 > 0 && $0 < 10 } == true)
  }

  /// Curves after one epoch, and after a resume those of a run that was never stopped.
  @Test func theCurvesOfARunGoOnWithIt() throws {
    let place = try Workplace()
    try place.train(["--epochs", "1", "--output", "whole"])
    func curves(_ run: String) throws -> Data { try Data(contentsOf: place.path("\(run)/samples/losses.png")) }
    try place.train(["--epochs", "1"])
    let first = try curves("run")
    #expect(try first == curves("whole"))
    #expect(try place.train(["--resume", "run", "--epochs", "3"]).status == 0)
    try place.train(["--epochs", "3", "--output", "whole", "--overwrite"])
    #expect(try curves("run") == curves("whole") && curves("run") != first)
    let events = try FileManager.default.contentsOfDirectory(atPath: place.path("whole/train").path)
    #expect(events.count == 1, "--overwrite leaves no events of the old run: \(events)")
  }

  @Test func imagesAreEnlargedAsAsked() throws {
    let place = try Workplace()
    try place.train(["--epochs", "1"])
    func generate(_ arguments: String...) throws -> Figment.Outcome {
      try Figment.run(["generate", "run", "--device", "cpu"] + arguments, in: place.url)
    }
    func size(_ name: String) throws -> [Int] {
      let header = [UInt8](try Data(contentsOf: place.path(name)).prefix(24))
      return [16, 20].map { start in header[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } }
    }
    // Four images of 8×8, two pixels apart: small ones are enlarged by themselves.
    for (arguments, side) in [(["--scale", "1"], 2 * 10 + 2), (["--scale", "3"], 2 * 26 + 2), ([], 2 * 66 + 2)] {
      _ = try Figment.run(
        ["generate", "run", "--device", "cpu", "--count", "4", "--output", "x.png"] + arguments, in: place.url)
      #expect(try size("x.png") == [side, side], "\(arguments)")
    }
    #expect(try generate("--count", "2", "--output", "each/", "--scale", "5").status == 0)
    #expect(try size("each/0001.png") == [40, 40])
    #expect(try generate("--output", "manifold.png", "--scale", "2").status == 0)
    #expect(try size("manifold.png")[0] > 15 * 16)
    for (arguments, message) in [
      (["--scale", "0"], "--scale is 0"), (["--scale", "65"], "between 1 and 64"), (["--scale", "x"], "--scale"),
    ] {
      let outcome = try Figment.run(
        ["generate", "run", "--device", "cpu", "--output", "y.png"] + arguments, in: place.url)
      #expect(outcome.status == 2 && outcome.errors.contains(message), "\(outcome.errors)")
    }
    let array = try generate("--count", "2", "--output", "y.npy", "--scale", "2")
    #expect(array.status == 2 && array.errors.contains("y.npy"))
    let large = try generate("--count", "2000", "--output", "y.png", "--scale", "64")
    #expect(large.status == 1 && large.errors.contains("pixels are too many"), "\(large.errors)")
    #expect(!place.exists("y.png") && !place.exists("y.npy"))
  }

  @Test func predictRunsThePartsOfAModel() throws {
    let place = try Workplace()
    try place.train(["--epochs", "1"])
    // A .npy file of three latents, written by hand: version 1, little-endian floats.
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }"
    header += String(repeating: " ", count: 63 - (10 + header.count) % 64) + "\n"
    var file = Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0, UInt8(header.utf8.count), 0]) + Data(header.utf8)
    for value in [0, 0, 1, -1, 0.5, 2] as [Float] { withUnsafeBytes(of: value) { file.append(contentsOf: $0) } }
    try file.write(to: place.path("z.npy"))

    let decode = ["predict", "run", "--input", "z.npy", "--output", "x.npy", "--part", "decoder", "--device", "cpu"]
    let decoded = try Figment.run(decode, in: place.url)
    #expect(decoded.status == 0, "\(decoded.errors)")
    #expect(decoded.output == "x.npy: [3, 8, 8, 1]\n")
    let encode = ["predict", "run", "--input", "x.npy", "--output", "y.npy", "--part", "encoder", "--device", "cpu"]
    #expect(try Figment.run(encode, in: place.url).output == "y.npy: [3, 2]\n")

    let wrong = try Figment.run(
      ["predict", "run", "--input", "z.npy", "--output", "w.npy", "--device", "cpu"], in: place.url)
    #expect(wrong.status == 1)
    #expect(wrong.errors.contains("z.npy") && wrong.errors.contains("[3, 2]") && wrong.errors.contains("[N, 8, 8, 1]"))
    #expect(!place.exists("w.npy"))
    let part = try Figment.run(decode.map { $0 == "decoder" ? "decodr" : $0 }, in: place.url)
    #expect(part.status == 2 && part.errors.contains("“decoder”"))
  }

  @Test func summaryAndHelpArePrinted() throws {
    #expect(try Figment.run(["summary", "vae"]).output.contains("550,629"))
    let help = try Figment.run(["--help"])
    #expect(help.status == 0 && help.output.contains("SUBCOMMANDS"))
    #expect(try Figment.run(["--version"]).output.first?.isNumber == true)
  }

  @Test func benchmarksPrintOneObjectALine() throws {
    let outcome = try Figment.run(
      ["benchmark", "steps", "vae", "--batch-size", "2", "--device", "cpu", "--format", "json", "--seconds", "0.1"])
    let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    #expect(object?["name"] as? String == "vae" && object?["batch"] as? Int == 2)
    #expect(["median_ms", "samples_per_second", "gflops", "peak_mib"].allSatisfy { (object?[$0] as? Double ?? 0) > 0 })
  }

  /// Short steps wait for the host, whose time goes into launches.
  @Test(arguments: [("vae", 70), ("gan", 90)]) func aStepOnACardTakesFewLaunches(model: String, most: Int) throws {
    let lines = try Figment.run(
      ["benchmark", "launches", model, "--compute-units", "132", "--vendor", "NVIDIA", "--format", "json", "--seconds", "0.01"]
    ).output.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect((1...most).contains(try #require(lines.first?["count"] as? Int)))
    let launches = lines.compactMap { $0["launch"] as? [String: Any] }
    #expect(launches.count == lines.count - 1)
    let products = ["gemmGPU", "winogradGPU"]
    #expect(
      launches.allSatisfy { launch in
        let isProduct = launch["source"].map { products.contains("\($0)") } ?? false
        return (launch["bytes"] as? Int ?? 0) > 0 && (launch["work"] != nil) == isProduct
      })
  }

  @Test func benchmarksOfProductsGiveCeilingsErrorsAndComparisons() throws {
    let place = try Workplace()
    let arguments = [
      "benchmark", "convolution", "gan", "--batch-size", "2", "--device", "cpu", "--seconds", "0.01", "--format", "json",
    ]
    func objects(_ arguments: [String]) throws -> [[String: Any]] {
      try Figment.run(arguments, in: place.url).output.split(separator: "\n").map {
        try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
    }
    let first = try objects(arguments)
    #expect(first.first?["name"] as? String == "ceilings")
    #expect(["gflops", "gigabytes_per_second"].allSatisfy { (first.first?[$0] as? Double ?? 0) > 0 })
    // Seven dense layers forward, and gradients of each: no product of the step is left out.
    let products = first.dropFirst()
    #expect(products.count > 14)
    #expect(products.allSatisfy { ($0["error"] as? Double ?? 1) < 1e-4 && ($0["percent_of_ceiling"] as? Double ?? 0) > 0 })
    let total = products.reduce(0) { $0 + ($1["count"] as? Int ?? 0) }
    #expect(total > products.count)

    let earlier = first.map { object -> String in
      var object = object
      object["median_ms"] = 1e6
      return String(decoding: (try? JSONSerialization.data(withJSONObject: object)) ?? Data(), as: UTF8.self)
    }
    try Data(earlier.joined(separator: "\n").utf8).write(to: place.path("earlier.json"))
    let second = try objects(arguments + ["--compare", "earlier.json"])
    #expect(second.allSatisfy { $0["baseline_ms"] as? Double == 1e6 && ($0["speedup"] as? Double ?? 0) > 1 })
  }

  @Test func startupIsFast() throws {
    let times = try (0..<5).map { _ in
      let clock = ContinuousClock()
      return try clock.measure { try Figment.run(["--help"]) }
    }
    // A tenth of a second on a quiet machine; tests share theirs.
    #expect(times.min()! < .milliseconds(500))
  }
}

@Suite struct ResumeCommandTests {
  private func checkpoint(_ place: Workplace, _ run: String) throws -> Data {
    try Data(contentsOf: place.path("\(run)/checkpoints/last.safetensors"))
  }

  /// Runs until a checkpoint appears, sends a signal, and returns the exit status.
  private func interrupt(_ place: Workplace, with signal: Int32, run: String) throws -> Int32 {
    let (process, _, errors) = Figment.process(
      place.trainArguments(["--output", run, "--epochs", "200", "--checkpoint-every", "steps:1"]), in: place.url)
    try process.run()
    let deadline = Date().addingTimeInterval(60)
    while !place.exists("\(run)/checkpoints/last.safetensors"), process.isRunning, Date() < deadline { usleep(500) }
    usleep(20_000)
    kill(process.processIdentifier, signal)
    _ = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
  }

  @Test(arguments: [(SIGKILL, -SIGKILL), (SIGINT, Int32(130)), (SIGTERM, Int32(130)), (SIGHUP, Int32(130))])
  func aStoppedRunGoesOnAsIfItHadNot(signal: Int32, status: Int32) throws {
    let place = try Workplace()
    #expect(try interrupt(place, with: signal, run: "stopped") == status)
    let epochs = "40"
    let resumed = try place.train(["--resume", "stopped", "--epochs", epochs])
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("resuming after step"))
    try place.train(["--output", "whole", "--epochs", epochs])
    #expect(try checkpoint(place, "stopped") == checkpoint(place, "whole"))
    func losses(_ run: String) throws -> [String] {
      try String(contentsOf: place.path("\(run)/metrics.csv"), encoding: .utf8).split(separator: "\n").map { line in
        line.split(separator: ",").prefix(5).joined(separator: ",")
      }
    }
    #expect(try losses("stopped") == losses("whole"))
  }

  @Test func aResumedRunKeepsItsSettings() throws {
    let place = try Workplace()
    try place.train(["--epochs", "1"])
    let outcome = try Figment.run(["train", "--resume", "run", "--batch-size", "8"], in: place.url)
    #expect(outcome.status == 2 && outcome.errors.contains("--batch-size cannot change"))
    let finished = try place.train(["--resume", "run"])
    #expect(finished.status == 0 && finished.errors.contains("already has 1 epoch"))
  }

  /// As when the program is killed right behind its last checkpoint.
  @Test func picturesThatWereNotDrawnAreDrawnWhenARunThatIsOverGoesOn() throws {
    let place = try Workplace()
    try place.train(["--epochs", "2"])
    let folder = place.path("run/samples")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    let last = names.filter { $0.hasPrefix("epoch-0002") || $0.contains("animation") } + ["losses.png"]
    #expect(last.count > 3, "\(names)")
    for name in last { try FileManager.default.removeItem(at: folder.appendingPathComponent(name)) }
    let outcome = try place.train(["--resume", "run"])
    #expect(outcome.status == 0 && !outcome.errors.contains("trained 0"), "\(outcome.errors)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == names)
  }
}
