import Foundation
import Testing

/// `gan` from the command: iterations, presets, rates of both networks, and what is made of the result.
@Suite struct AdversarialCommandTests {
  private let place: Workplace

  init() throws {
    place = try Workplace()
    try Data(#"{"imageShape": [8, 8, 1], "latentSize": 3, "generatorUnits": [6], "discriminatorUnits": [5]}"#.utf8)
      .write(to: place.path("gan.json"))
  }

  @discardableResult
  private func train(_ arguments: [String]) throws -> Figment.Outcome {
    try Figment.run(["train"] + arguments + ["--device", "cpu"], in: place.url)
  }

  private let start = ["gan", "--data", "data", "--config", "gan.json", "--batch-size", "4", "--seed", "5"]

  @Test func iterationsAreCountedAlsoWhenResuming() throws {
    let first = try train(start + ["--iterations", "13", "--sample-every", "steps:5", "--output", "run"])
    #expect(first.status == 0 && first.errors.contains("iteration 13/13"), "\(first.errors)")
    for step in ["000005", "000010"] {
      #expect(place.exists("run/samples/step-\(step)-samples.png") && place.exists("run/samples/step-\(step)-interpolation.png"))
    }
    #expect(try train(["--resume", "run"]).errors.contains("already has 13 iterations"))
    #expect(try train(["--resume", "run", "--iterations", "27"]).status == 0)
    try train(start + ["--iterations", "27", "--output", "whole"])
    let files = try ["run", "whole"].map { try Data(contentsOf: place.path("\($0)/checkpoints/last.safetensors")) }
    #expect(files[0] == files[1])
    let last = try String(contentsOf: place.path("whole/metrics.jsonl"), encoding: .utf8).split(separator: "\n").last!
    let object = try #require(try JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: Any])
    #expect((object["train"] as? [String: Double])?.keys.sorted() == ["accuracy", "generated", "generator", "real"])
    #expect(object["step"] as? Int == 27)
  }

  @Test func eachNetworkHasItsRate() throws {
    let rates = "generator=1e-3,discriminator=1e-5"
    #expect(try train(start + ["--iterations", "3", "--learning-rate", rates, "--output", "run"]).status == 0)
    let line = try String(contentsOf: place.path("run/metrics.jsonl"), encoding: .utf8).split(separator: "\n")[0]
    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    let found = object?["learningRate"] as? [String: Double]
    #expect(
      found?["generator"].map { abs($0 - 1e-3) < 1e-9 } == true && found?["discriminator"].map { abs($0 - 1e-5) < 1e-11 } == true)
    let unknown = try train(start + ["--learning-rate", "critic=1", "--output", "x"])
    #expect(unknown.status == 2 && unknown.errors.contains("discriminator, generator") && !place.exists("x"))
    for text in ["generator=", "a=1,a=2", "1,2", "=1"] {
      #expect(try train(start + ["--learning-rate", text]).status == 2, "\(text)")
    }
  }

  /// Weights are a place, not a part of the run: they may have moved since, or not have been there at the start.
  @Test func weightsMayBeNamedWhenResuming() throws {
    try beginAgeRun(faceWeights: nil)
    let settings = place.path("run/config.json"), text = try String(contentsOf: settings, encoding: .utf8)
    for kept in ["null", #""/gone.dat""#] {
      try text.replacing(try Regex(#""faceWeights" : [^,\n]*"#), with: #""faceWeights" : "# + kept)
        .write(to: settings, atomically: true, encoding: .utf8)
      let resumed = try train(["--resume", "run", "--stage", "encoder", "--iterations", "1", "--face-weights", "moved.dat"])
      #expect(resumed.status == 1 && resumed.errors.contains("moved.dat"), "\(resumed.errors)")
    }
    let gone = try train(["--resume", "run", "--stage", "encoder", "--iterations", "1"])
    #expect(gone.status == 1 && gone.errors.contains("/gone.dat"), "\(gone.errors)")
    let strip = try Figment.run(["age", "run", "--input", "face.png", "--output", "strips/"], in: place.url)
    #expect(strip.status == 2 && strip.errors.contains("--output strips/ is a folder"), "\(strip.errors)")
  }

  /// Without the weights of another network people are told apart by the run's own, which must have learnt.
  @Test func ownFaceNetworkLearnsInAStageOfItsOwn() throws {
    try beginAgeRun(faceWeights: "own")
    func resumed(_ stage: String, _ others: String...) throws -> Figment.Outcome {
      try train(["--resume", "run", "--stage", stage, "--iterations", "1"] + others)
    }
    let early = try resumed("identity")
    #expect(early.status == 1 && early.errors.contains("train the stage recognition first"), "\(early.errors)")
    let recognition = try resumed("recognition")
    #expect(recognition.status == 0 && recognition.errors.contains("accuracy"), "\(recognition.errors)")
    let other = try resumed("identity", "--face-weights", "other.h5")
    #expect(other.status == 2 && other.errors.contains("begin another run for --face-weights other.h5"), "\(other.errors)")
    let identity = try resumed("identity")
    #expect(identity.status == 0 && identity.errors.contains("distance"), "\(identity.errors)")
  }

  private func beginAgeRun(faceWeights: String?) throws {
    try Data(
      #"""
      {"latentSize": 3, "generatorUnits": 4, "generatorFilters": [2, 2, 2], "discriminatorFilters": [2, 2, 2, 2],
       "encoderFilters": [2, 2, 2, 2], "encoderUnits": 4}
      """#.utf8
    ).write(to: place.path("age.json"))
    let outcome = try train(
      [
        "age-cgan", "--data", "faces", "--config", "age.json", "--batch-size", "2", "--stage", "gan", "--iterations", "1",
        "--output", "run",
      ] + (faceWeights.map { ["--face-weights", $0] } ?? []))
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test func techniquesAreKeptWithTheRun() throws {
    let outcome = try train(
      start + [
        "--iterations", "3", "--output", "run", "--objective", "hinge", "--spectral-norm", "--ema", "0.9", "--r1", "1",
        "--discriminator-steps", "2", "--feature-matching", "--historical-averaging", "--minibatch-discrimination",
        "--optimizer", "sgd", "--normalization", "layer", "--accuracy-gate", "0.9",
      ])
    #expect(outcome.status == 0 && outcome.errors.contains("penalty"), "\(outcome.errors)")
    let settings = try JSONSerialization.jsonObject(with: Data(contentsOf: place.path("run/config.json")))
    let configuration = try #require((settings as? [String: Any])?["configuration"] as? [String: Any])
    let objective = try #require(configuration["objective"] as? [String: Any])
    #expect(objective["loss"] as? String == "hinge" && objective["spectralNorm"] as? Bool == true)
    #expect(objective["discriminatorSteps"] as? Int == 2 && objective["minibatchDiscrimination"] as? Int == 100)
    #expect(configuration["optimizer"] as? String == "sgd" && configuration["normalization"] as? String == "layer")
    #expect(try train(["--resume", "run", "--iterations", "5"]).status == 0)
    let changed = try train(["--resume", "run", "--iterations", "7", "--ema", "0.5"])
    #expect(changed.status == 2 && changed.errors.contains("--ema"), "\(changed.errors)")
    #expect(try Figment.run(["generate", "run", "--count", "4", "--output", "x.npy"], in: place.url).status == 0)
  }

  @Test(arguments: [
    (["--objective", "wasserstein"], "smooth critic"), (["--objective", "hinge", "--label-smoothing", "0.1"], "no labels"),
    (["--gradient-penalty", "10", "--discriminator-normalization", "batch"], "each sample's own slope"),
    (["--gradient-penalty", "10", "--minibatch-discrimination"], "each sample's own slope"),
    (["--objective", "wasserstein", "--gradient-penalty", "10", "--accuracy-gate", "0.8"], "no accuracy"),
    (["--spectral-norm", "--weight-clipping", "0.01"], "only the direction"), (["--normalization", "instance"], "no space"),
    (["--noisy-labels", "0.6"], "[0, 0.5)"), (["--ema", "1"], "[0, 1)"), (["--discriminator-steps", "0"], "1...1000"),
    (["--gradient-penalty", "-1"], "≥ 0"), (["--objective", "hing"], "hinge"),
    (["--mismatched-labels", "0.5"], "not conditional"),
  ])
  func techniquesThatMakeNoSense(options: [String], reason: String) throws {
    let outcome = try train(start + options + ["--output", "x"])
    #expect(outcome.status != 0 && outcome.errors.contains(reason), "\(outcome.errors)")
    #expect(!place.exists("x"))
  }

  /// The penalty that a preset has gives way to what was asked for and does not go with it; one that was asked for does not.
  @Test(
    arguments: [
      ([], 3), (["--objective", "hinge"], 3), (["--r1", "0.5"], 0.5), (["--gradient-penalty", "10"], 0),
      (["--objective", "wasserstein", "--weight-clipping", "0.01"], 0), (["--discriminator-normalization", "batch"], 0),
      (["--gradient-penalty", "10", "--r1", "1"], 1), (["--preset", "published"], 0), (["--preset", "small"], 0),
    ] as [([String], Double)])
  func thePenaltyOfAPreset(options: [String], r1: Double) throws {
    try Data(
      #"""
      {"imageShape": [64, 64, 3], "latentSize": 3, "generatorUnits": 4, "generatorFilters": [2, 2, 2],
       "discriminatorFilters": [2, 2, 2], "discriminatorUnits": 4}
      """#.utf8
    ).write(to: place.path("dcgan.json"))
    let outcome = try train(
      ["dcgan", "--data", "faces", "--config", "dcgan.json", "--batch-size", "2", "--iterations", "1", "--output", "run"] + options)
    #expect(outcome.status == 0 && outcome.errors.contains("penalty") == (r1 > 0 || options.contains("10")), "\(outcome.errors)")
    let settings = try JSONSerialization.jsonObject(with: Data(contentsOf: place.path("run/config.json")))
    let configuration = try #require((settings as? [String: Any])?["configuration"] as? [String: Any])
    #expect((configuration["objective"] as? [String: Any])?["r1"] as? Double == r1)
  }

  @Test func onlyGANsHaveTechniques() throws {
    let outcome = try train(["vae", "--data", "data", "--spectral-norm", "--output", "x"])
    #expect(outcome.status == 2 && outcome.errors.contains("--spectral-norm") && outcome.errors.contains("“vae” has none"))
  }

  @Test func presets() throws {
    #expect(try Figment.run(["summary", "gan", "--preset", "vanilla"]).output.contains("Total parameters: 1,337,285"))
    let unknown = try Figment.run(["train", "gan", "--preset", "vanila"], in: place.url)
    #expect(unknown.status == 2 && unknown.errors.contains("“vanilla”"))
    let summary = try Figment.run(["summary", "gan"]).output
    #expect(summary.contains("generator: 1,493,520") && summary.contains("discriminator: 533,505"))
    #expect(try Figment.run(["summary", "autoencoder"]).output.contains("encoder: 98,946"))
  }

  @Test func whatIsGenerated() throws {
    try train(start + ["--iterations", "4", "--output", "run"])
    func generate(_ arguments: [String]) throws -> Figment.Outcome {
      try Figment.run(["generate", "run", "--device", "cpu"] + arguments, in: place.url)
    }
    #expect(try generate(["--count", "5", "--output", "five/"]).output == "five/\n")
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.path("five").path).sorted() == (0..<5).map { "000\($0).png" })
    for arguments in [["--count", "7", "--output", "a.npy"], ["--count", "7", "--output", "b.npy"]] {
      #expect(try generate(arguments).status == 0)
    }
    let array = try Data(contentsOf: place.path("a.npy"))
    #expect(try array == Data(contentsOf: place.path("b.npy")), "the same seed draws the same")
    #expect(String(decoding: array.prefix(128), as: UTF8.self).contains("(7, 8, 8, 1)"))
    let values = array.dropFirst(array.count - 7 * 64 * 4).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    #expect(values.allSatisfy { $0 >= 0 && $0 <= 1 } && Set(values).count > 10)
    #expect(try generate(["--interpolate", "--count", "2", "--output", "way.png"]).status == 0)
    #expect(try generate(["--output", "grid.png"]).status == 0)
    let evaluated = try Figment.run(["evaluate", "run", "--device", "cpu"], in: place.url)
    #expect(evaluated.status == 2 && evaluated.errors.contains("figment generate"))
  }
}
