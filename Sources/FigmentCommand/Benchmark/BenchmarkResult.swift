import Figment
import Files
import Foundation
import OpenCLBackend

/// One line of a benchmark. What a suite does not measure is nil, and left out of JSON and table.
struct BenchmarkResult: Codable {
  var name: String
  var device: String
  /// Samples in a training step.
  var batch: Int?
  /// How often a training step does this.
  var count: Int?
  var medianMs: Double?
  var samplesPerSecond: Double?
  var gflops: Double?
  var gigabytesPerSecond: Double?
  /// Of the device's arithmetic or of its copy, whichever bounds the case.
  var percentOfCeiling: Double?
  /// Of the time from a step's first kernel to its last.
  var percentOfStep: Double?
  /// The memory that tensors held at the most.
  var peakMib: Double?
  /// How it was computed.
  var variant: String?
  /// The largest difference from the reference, in root mean squares of the result.
  var error: Double?
  /// A kernel, and how it is launched.
  var launch: Launch?
  /// The time in the file compared with, and how many times as fast it is now.
  var baselineMs: Double?
  var speedup: Double?

  struct Launch: Codable {
    var source: String
    var kernel: String
    var options: String
    var global: [Int]
    var local: [Int]
    /// Multiply-adds of a product, nil of all else; and what all buffers that it gets have, each once.
    var work: Int?
    var bytes: Int

    init(_ note: LaunchNote) {
      (source, kernel, options) = (note.source.rawValue, note.kernel, note.options)
      (global, local) = (note.global, note.local)
      (work, bytes) = (note.load.multiplyAdds == 0 ? nil : note.load.multiplyAdds, note.load.bytes)
    }
  }

  init(name: String, device: String) { (self.name, self.device) = (name, device) }

  var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.keyEncodingStrategy = .convertToSnakeCase
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }

  /// Takes the time of the same case from `earlier`.
  mutating func compare(with earlier: [BenchmarkResult]) {
    let same = earlier.last { $0.name == name && $0.device == device && $0.batch == batch }
    guard let baseline = same?.medianMs, let medianMs else { return }
    baselineMs = baseline
    speedup = baseline / medianMs
  }

  /// The results that an earlier run printed with `--format json`.
  static func read(_ path: String) throws -> [BenchmarkResult] {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let text = String(decoding: try InputFile.contents(of: URL(fileURLWithPath: path)), as: UTF8.self)
    return try text.split(separator: "\n").enumerated().map { index, line in
      do {
        return try decoder.decode(BenchmarkResult.self, from: Data(line.utf8))
      } catch {
        throw UsageError("\(path), line \(index + 1): not a line of 'figment benchmark --format json'.")
      }
    }
  }
}

/// Results as columns; those that no result fills are left out.
struct BenchmarkTable {
  private struct Column {
    let title: String
    let isText: Bool
    let cell: (BenchmarkResult) -> String?

    init(_ title: String, isText: Bool = false, _ cell: @escaping (BenchmarkResult) -> String?) {
      (self.title, self.isText, self.cell) = (title, isText, cell)
    }
  }

  private static var columns: [Column] {
    [
      Column("NAME", isText: true) { $0.name },
      Column("DEVICE", isText: true) { $0.device },
      Column("BATCH") { $0.batch.map(String.init) },
      Column("COUNT") { $0.count.map(String.init) },
      Column("MS") { $0.medianMs?.formatted(digits: 3) },
      Column("SAMPLES/S") { $0.samplesPerSecond?.formatted(digits: 1) },
      Column("GFLOP/S") { $0.gflops?.formatted(digits: 1) },
      Column("GB/S") { $0.gigabytesPerSecond?.formatted(digits: 1) },
      Column("% CEILING") { $0.percentOfCeiling?.formatted(digits: 0) },
      Column("% STEP") { $0.percentOfStep?.formatted(digits: 1) },
      Column("PEAK MIB") { $0.peakMib?.formatted(digits: 1) },
      Column("ERROR") { $0.error.map { String(format: "%.0e", $0) } },
      Column("BEFORE MS") { $0.baselineMs?.formatted(digits: 3) },
      Column("FASTER") { $0.speedup.map { "\($0.formatted(digits: 2))×" } },
      Column("VARIANT", isText: true) { $0.variant },
    ]
  }

  static func text(_ results: [BenchmarkResult], width: Int) -> String {
    let columns = columns.filter { column in results.contains { column.cell($0) != nil } }
    func at(_ titles: String...) -> [Int] { titles.compactMap { title in columns.firstIndex { $0.title == title } } }
    let wide = at("VARIANT", "NAME").map { TextTable.Narrowing.wrapping($0, least: 24) }
    let lesser = at("COUNT", "DEVICE", "ERROR", "VARIANT", "PEAK MIB", "BATCH", "GFLOP/S", "BEFORE MS")
    return TextTable(
      titles: columns.map(\.title), rows: results.map { result in columns.map { $0.cell(result) ?? "–" } },
      numbers: Set(columns.indices.filter { !columns[$0].isText }), narrowings: wide + lesser.map { .leavingOut($0) }
    ).text(width: width)
  }
}
