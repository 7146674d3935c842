import Foundation
import Interchange
import Pictures

/// Writes measurements and pictures for TensorBoard: `events.out.tfevents.…` in the run's folder.
public final class TensorBoardLog: Callback {
  private let folder: URL
  private var writer: TensorBoardWriter?

  public init(folder: URL) { self.folder = folder }

  /// A run that goes on continues its file behind the checkpoint's step, so that no point is shown twice.
  public override func trainingBegan(_ trainer: Trainer) throws {
    writer = try TensorBoardWriter(
      folder: folder, continuingAfter: trainer.progress.totalSteps > 0 ? trainer.progress.totalSteps : nil)
  }

  public override func recorded(_ trainer: Trainer, _ record: TrainingRecord) throws {
    guard let writer else { return }
    for (group, means) in [("training", record.training), ("validation", record.validation ?? [])] {
      for mean in means { try writer.add(Float(mean.value), named: "\(group)/\(mean.name)", step: record.totalSteps) }
    }
    // On the disk before a checkpoint that counts on them.
    try writer.synchronize()
  }

  func add(_ picture: Picture, named name: String, step: Int) throws {
    try writer?.add(picture, named: name, step: step)
  }
}
