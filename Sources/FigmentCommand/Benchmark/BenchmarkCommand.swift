import ArgumentParser
import Figment
import Foundation

struct BenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmark", abstract: "Times training steps and single operations.",
    discussion: """
      Suites:
        steps [STEP …]    a training step of each model (default: all): \(StepBenchmark.all.map(\.name).joined(separator: ", "))
        operations        the operations that a training step of the VAE is made of
      Every figure is the median of several runs after a warm-up.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case table, json }

  @Argument(help: "The suite, then for 'steps' the models.")
  var suite: [String] = ["steps"]

  @OptionGroup var device: DeviceOption

  @Option(help: "Images in a step. Default: the model's own.")
  var batchSize: Int?

  @Option(help: "A table, or one JSON object a line.")
  var format: Format = .table

  @Option(help: "Seconds to spend on each case.")
  var seconds = 2.0

  func validate() throws {
    if let batchSize, batchSize < 1 { throw ValidationError("--batch-size is \(batchSize); it must be at least 1.") }
    if !(seconds > 0) { throw ValidationError("--seconds is \(seconds); it must be positive.") }
  }

  func run() throws {
    let suites = ["steps", "operations"]
    guard let name = suite.first, suites.contains(name) else {
      let hint = nearestName(to: suite.first ?? "", in: suites).map { "; did you mean “\($0)”?" } ?? "."
      throw UsageError("there is no suite “\(suite.first ?? "")”\(hint) Suites: \(suites.joined(separator: ", "))")
    }
    let device = try device.select().device
    let results: [BenchmarkResult]
    if name == "steps" {
      let steps = try suite.count > 1 ? suite.dropFirst().map(StepBenchmark.named) : StepBenchmark.all
      results = try steps.map { try $0.measure(seconds: seconds, batchSize: batchSize, on: device) }
    } else {
      results = try OperationBenchmark(seconds: seconds).measure(batchSize: batchSize ?? 16, on: device)
    }
    switch format {
    case .json: for result in results { print(result.json) }
    case .table: print(BenchmarkResult.table(results))
    }
  }
}

struct BenchmarkResult: Encodable {
  let name: String
  let device: String
  let batch: Int
  let medianMs: Double
  let samplesPerSecond: Double
  let gflops: Double
  let peakMib: Double

  var json: String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // A struct of numbers and strings always encodes; NaN cannot occur, times are positive.
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }

  static func table(_ results: [BenchmarkResult]) -> String {
    let header = ["NAME", "DEVICE", "BATCH", "MS", "IMAGES/S", "GFLOP/S", "PEAK MIB"]
    let rows = results.map {
      [
        $0.name, $0.device, "\($0.batch)", $0.medianMs.formatted(digits: 3), $0.samplesPerSecond.formatted(digits: 0),
        $0.gflops.formatted(digits: 1), $0.peakMib.formatted(digits: 1),
      ]
    }
    let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max()! }
    return ([header] + rows).map { row in
      zip(row, widths).enumerated().map { column, cell in
        let space = String(repeating: " ", count: cell.1 - cell.0.count)
        return column < 2 ? cell.0 + space : space + cell.0
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
