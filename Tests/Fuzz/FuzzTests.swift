import Foundation
import TestSupport
import Testing

/// Whatever a file says, the answer is an error or a result, soon: no input ends the program or hangs it.
///
/// `Tests/Fuzz/run.sh` reads many more inputs. Both draw them from a seed and a number, which
/// `FIGMENT_FUZZ_SEED=… FIGMENT_FUZZ_FIRST=… FIGMENT_FUZZ_COUNT=1` reads again. What is being read stands in the file that
/// `FIGMENT_FUZZ_PLACE` names, by default `figment-fuzz` in the temporary folder, with the input beside it.
@Suite struct FuzzTests {
  private let folder: TemporaryFolder
  private let targets: [FuzzTarget]

  init() throws {
    folder = try TemporaryFolder()
    targets =
      try RunTargets(folder: folder).all() + FileTargets(folder: folder).all() + ModelTargets(folder: folder).all()
      + TuningTarget(folder: folder).all() + PictureTargets(folder: folder).all() + WeightTargets(folder: folder).all()
      + ShapeTargets(folder: folder).all()
  }

  @Test func goodInputsAreRead() throws {
    for target in targets {
      var refused = [String]()
      for (index, input) in target.corpus.enumerated() {
        do { try target.read(input) } catch { refused.append("\(index): \(error)") }
      }
      // Some fixtures are there to be refused.
      #expect(2 * refused.count < target.corpus.count, "\(target.name): \(refused)")
    }
  }

  @Test func noInputEndsTheProgram() throws {
    let environment = ProcessInfo.processInfo.environment
    func number(_ name: String, _ otherwise: Int) -> Int { environment[name].flatMap { Int($0) } ?? otherwise }
    let seed = number("FIGMENT_FUZZ_SEED", 20_261_126), first = number("FIGMENT_FUZZ_FIRST", 0)
    let count = number("FIGMENT_FUZZ_COUNT", 3_000)
    let only = environment["FIGMENT_FUZZ_TARGET"]
    let place = URL(filePath: environment["FIGMENT_FUZZ_PLACE"] ?? NSTemporaryDirectory() + "figment-fuzz")
    let descriptor = open(place.path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
    let inputs = open(place.path + ".input", O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
    try #require(descriptor >= 0 && inputs >= 0, "\(place.path) cannot be written")
    defer { [descriptor, inputs].forEach { close($0) } }
    // What holds most numbers is tried most often; what warns of every bad file, least.
    let targets = targets.filter { only == nil || $0.name == only }.flatMap { target in
      Array(repeating: target, count: target.name.hasPrefix("checkpoint") ? 6 : target.name == "tuning" ? 1 : 2)
    }
    try #require(!targets.isEmpty)

    let watchdog = Watchdog()
    defer { watchdog.end() }
    var outcomes = [String: (read: Int, refused: Int, slowest: Double)]()
    for index in first..<first + count {
      var mutator = Mutator(seed: UInt64(truncatingIfNeeded: seed) ^ UInt64(index) &* 0xD134_2543_DE82_EF95)
      let target = mutator.pick(targets), input = target.input(&mutator)
      // On its way to the disk whatever becomes of this process; padded, to cover the line before.
      let line = "seed \(seed), input \(index), \(target.name)"
      let padded = Array((line + String(repeating: " ", count: max(0, 79 - line.utf8.count)) + "\n").utf8)
      pwrite(descriptor, padded, padded.count, 0)
      ftruncate(inputs, 0)
      pwrite(inputs, input, input.count, 0)
      watchdog.reading(line)
      var outcome = outcomes[target.name] ?? (0, 0, 0)
      let start = ContinuousClock.now
      do {
        try target.read(input)
        outcome.read += 1
      } catch { outcome.refused += 1 }
      outcome.slowest = max(outcome.slowest, (ContinuousClock.now - start) / .seconds(1))
      outcomes[target.name] = outcome
    }
    if count >= 3_000, only == nil {
      for target in targets {
        let outcome = outcomes[target.name] ?? (0, 0, 0)
        #expect(outcome.read > 0, "\(target.name): \(outcome), so nothing behind its first check is tried")
      }
      #expect(outcomes.values.reduce(0) { $0 + $1.refused } > count / 4)
    }
    if environment["FIGMENT_FUZZ_PLACE"] != nil {
      for (name, outcome) in outcomes.sorted(by: { $0.key < $1.key }) {
        print(
          "fuzz: \(name): \(outcome.read) read, \(outcome.refused) refused, slowest "
            + String(format: "%.3f s", outcome.slowest))
      }
      print("fuzz: finished \(count) inputs")
    }
  }
}
