import Files
import Foundation

/// Appends the losses of every epoch to `metrics.jsonl`, one object a line, and to `metrics.csv`.
///
/// After resuming, lines that the checkpoint does not know of are dropped first.
public final class MetricsLog: Callback {
  private struct Line: Codable {
    var epoch: Int
    var step: Int
    var train: [String: Double]
    var validation: [String: Double]?
    var imagesPerSecond: Double
    var learningRate: Float
  }

  private let lines: URL
  private let table: URL

  public init(lines: URL, table: URL) { (self.lines, self.table) = (lines, table) }

  public override func trainingBegan(_ trainer: Trainer) throws {
    var kept = [String]()
    if trainer.progress.step > 0, FileManager.default.fileExists(atPath: lines.path) {
      let text = String(decoding: try InputFile.contents(of: lines), as: UTF8.self)
      kept = text.split(separator: "\n").map(String.init).filter { line in
        guard let entry = try? JSONDecoder().decode(Line.self, from: Data(line.utf8)) else { return false }
        return entry.epoch <= trainer.progress.epoch
      }
    }
    try writeAtomically(kept.map { $0 + "\n" }.joined(), to: lines)
    try writeAtomically("", to: table)
    for line in kept { try appendRow(JSONDecoder().decode(Line.self, from: Data(line.utf8))) }
  }

  public override func epochEnded(_ trainer: Trainer, _ record: EpochRecord) throws {
    func dictionary(_ means: [LossMean]) -> [String: Double] {
      Dictionary(means.map { ($0.name, $0.value) }) { $1 }
    }
    let line = Line(
      epoch: record.epoch, step: record.step, train: dictionary(record.training),
      validation: record.validation.map(dictionary), imagesPerSecond: record.imagesPerSecond.rounded(),
      learningRate: trainer.optimizers[0].optimizer.learningRate)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    try append(String(decoding: try encoder.encode(line), as: UTF8.self) + "\n", to: lines)
    try appendRow(line)
  }

  private func appendRow(_ line: Line) throws {
    let names = line.train.keys.sorted()
    let validationNames = (line.validation ?? [:]).keys.sorted()
    if try InputFile(table).size == 0 {
      let header =
        ["epoch", "step"] + names.map { "train_\($0)" } + validationNames.map { "validation_\($0)" }
        + ["images_per_second", "learning_rate"]
      try append(header.joined(separator: ",") + "\n", to: table)
    }
    let cells =
      ["\(line.epoch)", "\(line.step)"] + names.map { "\(line.train[$0]!)" }
      + validationNames.map { "\(line.validation![$0]!)" } + ["\(line.imagesPerSecond)", "\(line.learningRate)"]
    try append(cells.joined(separator: ",") + "\n", to: table)
  }

  private func append(_ text: String, to url: URL) throws {
    let file = try OutputFile(appendingTo: url)
    try file.write(text)
  }
}
