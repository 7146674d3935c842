import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing
import Training

/// The lines and the table of a run: one row a record, each number under its name, none twice.
@Suite struct MetricsLogTests {
  private let device: Device
  private let folder: TemporaryFolder

  init() throws {
    device = try TestDevice.reference.device()
    folder = try TemporaryFolder()
  }

  private var lines: URL { folder("metrics.jsonl") }
  private var table: URL { folder("metrics.csv") }

  private func fit(iterations: Int, resuming: Bool, notice: @escaping (String) -> Void = { _ in }) throws {
    let trainer = Trainer(TwoNetworks(on: device, seed: 1))
    trainer.notice = notice
    if resuming { try Checkpoint(contentsOf: CheckpointWriter.last(in: folder.url)).restore(trainer) }
    try trainer.fit(
      DrawnValues(count: 13), stage: "both", iterations: iterations,
      callbacks: [MetricsLog(lines: lines, table: table), CheckpointWriter(folder: folder.url)])
  }

  private func rows() throws -> [[String]] {
    try String(contentsOf: table, encoding: .utf8).split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
  }

  @Test func aNumberStandsUnderItsName() throws {
    try fit(iterations: 7, resuming: false)
    let rows = try rows(), header = try #require(rows.first)
    #expect(header.prefix(3) == ["stage", "epoch", "step"] && header.contains("train_skipped"))
    #expect(header.contains("learning_rate_first") && header.contains("learning_rate_second"))
    #expect(rows.allSatisfy { $0.count == header.count }, "no row has other columns")
    let skipped = try #require(header.firstIndex(of: "train_skipped"))
    #expect(rows.dropFirst().map { $0[skipped] } == ["", "1.0", "", "1.0", ""])
    let rate = try #require(header.firstIndex(of: "learning_rate_second"))
    #expect(rows.dropFirst().allSatisfy { $0[rate] == "0.001" })
  }

  @Test func everyStepIsThereOnceWhateverACrashLeft() throws {
    try fit(iterations: 7, resuming: false)
    let whole = try Data(contentsOf: lines)
    // A record of a step that no checkpoint knows, and half a line, as a crash leaves them; line ends of another system.
    let text = String(decoding: whole, as: UTF8.self)
    let later = text.split(separator: "\n").last!.replacingOccurrences(of: "\"step\":7", with: "\"step\":8")
    try Data((text.replacingOccurrences(of: "\n", with: "\r\n") + later + "\n" + later.prefix(20)).utf8).write(to: lines)
    var notices = [String]()
    try fit(iterations: 10, resuming: true) { notices.append($0) }
    #expect(notices.count == 1 && notices[0].contains("1 line of the metrics") && notices[0].contains("line 7"))
    let steps = try String(contentsOf: lines, encoding: .utf8).split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])["step"] as? Int
    }
    #expect(steps == [2, 4, 5, 6, 7, 8, 10])
    #expect(try rows().count == 8)
  }

  /// A name of a measurement may hold what separates cells.
  @Test func cellsAreQuoted() throws {
    let text = #"{"epoch":1,"imagesPerSecond":1,"learningRate":{"a,b":0.5,"c":1},"step":1,"train":{"x \"y\", z":2}}"#
    try Data((text + "\n").utf8).write(to: lines)
    let trainer = Trainer(TwoNetworks(on: device, seed: 1))
    try trainer.fit(DrawnValues(count: 13), stage: "both", iterations: 2, callbacks: [CheckpointWriter(folder: folder.url)])
    try fit(iterations: 3, resuming: true)
    let header = try String(contentsOf: table, encoding: .utf8).split(separator: "\n")[0]
    #expect(header.contains(#""train_x ""y"", z""#) && header.contains(#""learning_rate_a,b""#))
  }
}
