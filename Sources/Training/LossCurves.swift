import Files
import Foundation
import Layers
import Models
import Pictures

/// Draws the curves of all that a run has recorded, from before it was interrupted too, as `losses.png` (for a stage of
/// several, `losses-NAME.png`): anew with every record, and when a run goes on.
public final class LossCurves: Callback {
  private let metrics: MetricsLog
  private let folder: URL

  /// - Parameter metrics: Another callback of the same training, which knows what was recorded.
  public init(of metrics: MetricsLog, folder: URL) { (self.metrics, self.folder) = (metrics, folder) }

  /// `report`.
  public override var phase: Phase { .report }

  /// Makes the folder, and draws what the run has recorded before.
  public override func trainingBegan(_ trainer: Trainer) throws {
    try createFolder(folder)
    if !lines(of: trainer).isEmpty { try draw(trainer) }
  }

  public override func recorded(_ trainer: Trainer, _ record: TrainingRecord) throws { try draw(trainer) }

  private func draw(_ trainer: Trainer) throws {
    let name = trainer.stages.count > 1 ? "losses-\(trainer.plan.stage.name).png" : "losses.png"
    try chart(of: lines(of: trainer), trainer.plan).picture().write(to: folder.appendingPathComponent(name))
  }

  private func lines(of trainer: Trainer) -> [MetricsLog.Line] {
    metrics.history.filter { $0.stage == nil || $0.stage == trainer.plan.stage.name }
  }

  /// What is best by itself, in training and validation; else everything that was measured.
  private func chart(of lines: [MetricsLog.Line], _ plan: TrainingPlan) -> LineChart {
    let isBySteps = if case .steps = plan.stage.recordEvery { true } else { false }
    func series(_ name: String, _ value: (MetricsLog.Line) -> Double?) -> LineChart.Series {
      .init(
        name,
        lines.compactMap { line in
          let place = Double(line.step) / (isBySteps ? 1 : Double(plan.stepsPerEpoch))
          return value(line).map { (place, $0) }
        })
    }
    let best = plan.stage.best?.measurement
    let all =
      if let best {
        [series("training") { $0.train[best] }, series("validation") { $0.validation?[best] }]
      } else {
        Set(lines.flatMap(\.train.keys)).sorted().map { name in series(name) { $0.train[name] } }
      }
    var chart = LineChart(all.filter { !$0.points.isEmpty })
    chart.title = best
    chart.horizontalName = isBySteps ? "step" : "epoch"
    return chart
  }
}
