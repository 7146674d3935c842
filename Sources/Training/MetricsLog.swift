import Files
import Foundation
import Layers

/// Appends every record to `metrics.jsonl`, one object a line, and to `metrics.csv`. Both are on the disk before a
/// checkpoint that counts on them is written.
///
/// After resuming, lines that the checkpoint does not know of are dropped first.
public final class MetricsLog: Callback {
  /// A line of `metrics.jsonl`.
  struct Line: Codable {
    var stage: String?
    var epoch: Int
    var step: Int
    var train: [String: Double]
    var validation: [String: Double]?
    var imagesPerSecond: Double
    var learningRate: [String: Float]
  }

  private let lines: URL
  private let table: URL
  private var linesLog: AppendedLog?
  private var tableLog: AppendedLog?
  private var columns: [String] = []
  /// What the file holds: all that the run has recorded, before it was interrupted too.
  private(set) var history: [Line] = []

  /// - Parameters:
  ///   - lines: The file with an object a line, in a folder that exists; a new run writes over it.
  ///   - table: The same as a table, with a column a measurement.
  public init(lines: URL, table: URL) { (self.lines, self.table) = (lines, table) }

  /// Opens both files; of a run that goes on, with the lines that its checkpoint knows of.
  public override func trainingBegan(_ trainer: Trainer) throws {
    var kept = [(text: String, line: Line)](), lost = [JSONError]()
    if trainer.progress.totalSteps > 0, FileManager.default.fileExists(atPath: lines.path) {
      for (number, bytes) in Files.lines(of: try InputFile.contents(of: lines)) where !bytes.isEmpty {
        do {
          let line = try JSONText(bytes, source: lines.path, firstLine: number).decode(Line.self)
          if isOfThePast(line, trainer) { kept.append((String(decoding: bytes, as: UTF8.self), line)) }
        } catch { lost.append(error) }
      }
    }
    if let first = lost.first {
      trainer.notice(
        "warning: \(lost.count) line\(lost.count == 1 ? "" : "s") of the metrics cannot be read and "
          + "\(lost.count == 1 ? "is" : "are") left out: \(first)")
    }
    try writeAtomically(kept.map { $0.text + "\n" }.joined(), to: lines)
    linesLog = try AppendedLog(linesOf: lines)
    history = kept.map(\.line)
    try writeTable()
  }

  /// Whether the run, as its checkpoint has it, has come as far as the line.
  private func isOfThePast(_ line: Line, _ trainer: Trainer) -> Bool {
    let names = trainer.stages.map(\.name), now = trainer.plan.stage.name
    guard let stage = line.stage, stage != now else { return line.step <= trainer.progress.step }
    return names.firstIndex(of: stage).map { $0 < names.firstIndex(of: now)! } ?? false
  }

  public override func recorded(_ trainer: Trainer, _ record: TrainingRecord) throws {
    func dictionary(_ means: [MeasurementMean]) -> [String: Double] {
      Dictionary(means.map { ($0.name, $0.value) }) { $1 }
    }
    let speed = record.samplesPerSecond
    let line = Line(
      stage: trainer.stages.count > 1 ? record.stage : nil, epoch: record.epoch, step: record.step,
      train: dictionary(record.training), validation: record.validation.map(dictionary),
      imagesPerSecond: speed < 10 ? (100 * speed).rounded() / 100 : speed.rounded(),
      learningRate: Dictionary(trainer.plan.stage.learners.map { ($0.name, $0.optimizer.learningRate) }) { $1 })
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    try linesLog?.append(line: String(decoding: try encoder.encode(line), as: UTF8.self))
    history.append(line)
    if Set(cells(line).keys).isSubset(of: columns) {
      try tableLog?.append(line: row(line))
    } else {
      // A column that is new: the table is written anew, so that no cell stands under another's name.
      try writeTable()
    }
  }

  private func writeTable() throws {
    let found = Set(history.flatMap { cells($0).keys })
    let fixed = ["stage", "epoch", "step", "images_per_second"]
    let rates = found.filter { $0.hasPrefix("learning_rate") }.sorted()
    let measured = found.subtracting(fixed).subtracting(rates).sorted()
    columns = ["stage", "epoch", "step"].filter(found.contains) + measured + ["images_per_second"].filter(found.contains) + rates
    let rows = history.isEmpty ? [] : [columns.map(quoted).joined(separator: ",")] + history.map(row)
    try writeAtomically(rows.map { $0 + "\n" }.joined(), to: table)
    tableLog = try AppendedLog(linesOf: table)
  }

  private func row(_ line: Line) -> String {
    let cells = cells(line)
    return columns.map { quoted(cells[$0] ?? "") }.joined(separator: ",")
  }

  /// By column.
  private func cells(_ line: Line) -> [String: String] {
    var cells = ["epoch": "\(line.epoch)", "step": "\(line.step)", "images_per_second": "\(line.imagesPerSecond)"]
    cells["stage"] = line.stage
    for (name, value) in line.train { cells["train_\(name)"] = "\(value)" }
    for (name, value) in line.validation ?? [:] { cells["validation_\(name)"] = "\(value)" }
    for (name, rate) in line.learningRate {
      cells[line.learningRate.count == 1 ? "learning_rate" : "learning_rate_\(name)"] = "\(rate)"
    }
    return cells
  }

  /// As RFC 4180 has it.
  private func quoted(_ cell: String) -> String {
    cell.contains(where: { ",\"\r\n".contains($0) }) ? "\"\(cell.replacingOccurrences(of: "\"", with: "\"\""))\"" : cell
  }
}
