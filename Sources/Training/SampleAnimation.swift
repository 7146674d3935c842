import Files
import Foundation
import Pictures

/// Joins the pictures of samples that a run has left, from before it was interrupted too, into an animation of how it learnt:
/// `samples-animation.png`, at the end of training.
public final class SampleAnimation: Callback {
  private let folder: URL
  /// More would show no more, and take long to load.
  private static let frameLimit = 200

  /// - Parameter folder: Where ``SamplePictures`` are written.
  public init(folder: URL) { self.folder = folder }

  /// `report`.
  public override var phase: Phase { .report }

  public override func trainingEnded(_ trainer: Trainer, _ end: TrainingEnd) throws {
    let stages = trainer.stages.count > 1 ? trainer.stages.map { "\($0.name)-" } : [""]
    for name in ["samples", "manifold"] {
      let frames = try stages.flatMap { try self.frames(named: name, stage: $0) }
      guard frames.count > 1 else { continue }
      let picked = frames.count <= Self.frameLimit ? Array(frames.indices) : evenly(Self.frameLimit, of: frames.count)
      let animation = try AnimatedPNG.encode(picked.map { try InputFile.contents(of: frames[$0]) }, millisecondsPerFrame: 150)
      try writeAtomically(animation, to: folder.appendingPathComponent("\(name)-animation.png"))
    }
  }

  /// `step-000200-samples.png` and the like, by their numbers.
  private func frames(named name: String, stage: String) throws -> [URL] {
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    let numbered = files.compactMap { file -> (number: Int, file: URL)? in
      guard file.lastPathComponent.hasPrefix(stage) else { return nil }
      let parts = file.lastPathComponent.dropFirst(stage.count).split(separator: "-")
      guard parts.count == 3, parts[2] == "\(name).png", parts[0] == "step" || parts[0] == "epoch" else { return nil }
      return Int(parts[1]).map { ($0, file) }
    }
    return numbered.sorted { $0.number < $1.number }.map(\.file)
  }

  private func evenly(_ count: Int, of total: Int) -> [Int] { (0..<count).map { $0 * (total - 1) / (count - 1) } }
}
