import Datasets
import Files
import Foundation
import Layers
import Models
import Pictures

/// Writes what the model has learnt as pictures, as often as it is told to: `epoch-0003-manifold.png` or
/// `step-000200-samples.png`, of a model with several stages behind the stage's name.
public final class SamplePictures: Callback {
  private let held: (any Dataset)?
  private let folder: URL
  private let seed: UInt64
  private let cadence: Cadence?
  private let events: TensorBoardLog?
  private var drawnAt = ContinuousClock.now

  /// - Parameters:
  ///   - held: Samples that the model is not trained on.
  ///   - seed: Of the noise that samples are drawn from, the same for every picture.
  ///   - cadence: The stage's own if nil.
  ///   - events: Where to show the pictures as well.
  public init(
    of held: (any Dataset)?, folder: URL, seed: UInt64, every cadence: Cadence? = nil, events: TensorBoardLog? = nil
  ) {
    (self.held, self.folder, self.seed, self.cadence, self.events) = (held, folder, seed, cadence, events)
  }

  /// `report`.
  public override var phase: Phase { .report }

  /// Pictures follow the checkpoint; those that a program killed in between did not draw are drawn when it goes on.
  public override func trainingBegan(_ trainer: Trainer) throws {
    try createFolder(folder)
    if trainer.progress.step > 0, isDue(trainer, minutes: 0) { try draw(trainer, redraws: false) }
  }

  public override func stepEnded(_ trainer: Trainer) throws {
    guard isDue(trainer, minutes: (ContinuousClock.now - drawnAt).inSeconds / 60) else { return }
    try draw(trainer, redraws: true)
    drawnAt = .now
  }

  private func isDue(_ trainer: Trainer, minutes: Double) -> Bool {
    let progress = trainer.progress
    return (cadence ?? trainer.plan.stage.sampleEvery).isDue(
      step: progress.step, epoch: progress.position == 0 ? progress.epoch : nil, minutes: minutes)
  }

  private func draw(_ trainer: Trainer, redraws: Bool) throws {
    let progress = trainer.progress
    let number =
      if case .epochs = cadence ?? trainer.plan.stage.sampleEvery { String(format: "epoch-%04d", progress.epoch) } else {
        String(format: "step-%06d", progress.step)
      }
    let prefix = (trainer.stages.count > 1 ? "\(progress.stage)-" : "") + number
    let noise = FixedNoise(seed: seed, batchSize: trainer.plan.batchSize)
    for sample in try trainer.model.samples(noise, of: held, in: trainer.plan.stage) {
      let file = folder.appendingPathComponent("\(prefix)-\(sample.name).png")
      if redraws || !FileManager.default.fileExists(atPath: file.path) { try sample.picture.write(to: file) }
      try events?.add(sample.picture, named: sample.name, step: progress.totalSteps)
    }
  }
}
