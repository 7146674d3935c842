import Foundation
import Layers
import Models
import Pictures
import Tensors
import TestSupport
import Testing
import Training

@Suite struct LossCurvesTests {
  private let device: Device
  init() throws { device = try TestDevice.reference.device() }

  private func fit(_ folder: TemporaryFolder, epochs: Int, notice: @escaping (String) -> Void = { _ in }) throws {
    let trainer = Trainer(tinyVAE(on: device)), file = CheckpointWriter.last(in: folder.url)
    trainer.notice = notice
    if FileManager.default.fileExists(atPath: file.path) { try Checkpoint(contentsOf: file).restore(trainer) }
    let metrics = MetricsLog(lines: folder("metrics.jsonl"), table: folder("metrics.csv"))
    try trainer.fit(
      tinyImages(count: 8), validation: tinyImages(count: 4), epochs: epochs, batchSize: 4,
      callbacks: [metrics, CheckpointWriter(folder: folder.url), LossCurves(of: metrics, folder: folder("samples"))])
  }

  private func curves(_ folder: TemporaryFolder) throws -> Data { try Data(contentsOf: folder("samples/losses.png")) }

  @Test func aResumedRunDrawsTheCurvesOfAnUndisturbedOne() throws {
    let whole = try TemporaryFolder(), resumed = try TemporaryFolder()
    try fit(whole, epochs: 3)
    try fit(resumed, epochs: 1)
    let first = try curves(resumed)
    #expect(Picture.isDrawn(try Picture(contentsOf: resumed("samples/losses.png"))), "after one epoch")
    try fit(resumed, epochs: 2)
    #expect(try curves(resumed) != first)
    try fit(resumed, epochs: 3)
    #expect(try curves(resumed) == curves(whole))
  }

  /// Epochs that no checkpoint knows of are no longer drawn, and a picture that was lost is there again, before an epoch ends.
  @Test func theCurvesAreThoseOfTheCheckpoint() throws {
    let folder = try TemporaryFolder()
    try fit(folder, epochs: 2)
    let two = try curves(folder), checkpoint = try Data(contentsOf: CheckpointWriter.last(in: folder.url))
    try fit(folder, epochs: 3)
    try checkpoint.write(to: CheckpointWriter.last(in: folder.url))
    try fit(folder, epochs: 2)
    #expect(try curves(folder) == two)
    try FileManager.default.removeItem(at: folder("samples/losses.png"))
    try fit(folder, epochs: 2)
    #expect(try curves(folder) == two)
  }
}

extension Picture {
  /// Whether two curves are in it: many pixels of more than one color.
  fileprivate static func isDrawn(_ picture: Picture) -> Bool {
    let colors = stride(from: 0, to: picture.pixels.count, by: 3).map { Array(picture.pixels[$0..<$0 + 3]) }
      .filter { $0[0] != $0[1] || $0[1] != $0[2] }
    return Set(colors).count >= 2 && colors.count > 100
  }
}
