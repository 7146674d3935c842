import Foundation

/// One line an epoch on standard error: losses, speed, time left. On a terminal a live bar as well.
public final class ProgressReport: Callback {
  private let isTerminal: Bool
  private let write: (String) -> Void
  private var began = ContinuousClock.now
  private var epochBegan = ContinuousClock.now
  private var imagesBefore = 0
  private var drawn = ContinuousClock.now
  private var secondsOutsideSteps: [Double] = []

  /// - Parameters:
  ///   - isTerminal: Whether to draw the bar; by default whether standard error is a terminal.
  ///   - write: Where text goes; by default standard error.
  public init(isTerminal: Bool? = nil, write: ((String) -> Void)? = nil) {
    self.isTerminal = isTerminal ?? (isatty(STDERR_FILENO) == 1)
    self.write = write ?? { FileHandle.standardError.write(Data($0.utf8)) }
  }

  public override func epochBegan(_ trainer: Trainer) {
    epochBegan = .now
    imagesBefore = trainer.progress.imagesInEpoch
  }

  public override func stepEnded(_ trainer: Trainer) {
    guard isTerminal, (ContinuousClock.now - drawn).inSeconds > 0.1 else { return }
    drawn = .now
    let progress = trainer.progress, plan = trainer.plan
    let fraction = Double(progress.position) / Double(max(1, plan.trainingCount))
    let width = 24, filled = Int(fraction * Double(width))
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    let loss = progress.means.first.map { "  \($0.name) \($0.value.formatted(digits: 4))" } ?? ""
    write(
      "\r\u{1B}[2K\(prefix(progress.epoch + 1, plan)) \(bar) \(progress.position)/\(plan.trainingCount)\(loss)"
        + "  \(speed(progress.imagesInEpoch, progress.secondsInEpoch))  \(timeLeft(trainer)) left")
  }

  public override func epochEnded(_ trainer: Trainer, _ record: EpochRecord) {
    let elapsed = (ContinuousClock.now - epochBegan).inSeconds
    secondsOutsideSteps.append(max(0, elapsed - record.seconds))
    var parts = [prefix(record.epoch, trainer.plan), losses(record.training)]
    if let validation = record.validation { parts.append("validation " + losses(validation)) }
    parts.append(speed(record.images, record.seconds))
    let epochsLeft = trainer.plan.epochs - record.epoch
    if epochsLeft > 0 { parts.append("\((elapsed * Double(epochsLeft)).formattedAsTime) left") }
    write((isTerminal ? "\r\u{1B}[2K" : "") + parts.joined(separator: "  ") + "\n")
  }

  public override func trainingEnded(_ trainer: Trainer, _ end: TrainingEnd) {
    let time = (ContinuousClock.now - began).inSeconds.formattedAsTime
    switch end {
    case .finished: write("trained \(trainer.progress.epoch) epochs in \(time)\n")
    case .stopped(let reason): write("\(reason) (epoch \(trainer.progress.epoch), \(time))\n")
    case .interrupted:
      write((isTerminal ? "\n" : "") + "interrupted at step \(trainer.progress.step) after \(time)\n")
    }
  }

  private func prefix(_ epoch: Int, _ plan: TrainingPlan) -> String { "epoch \(epoch)/\(plan.epochs)" }

  private func losses(_ means: [LossMean]) -> String {
    means.map { "\($0.name) \($0.value.formatted(digits: 4))" }.joined(separator: "  ")
  }

  private func speed(_ images: Int, _ seconds: Double) -> String {
    "\(seconds > 0 ? Int((Double(images) / seconds).rounded()) : 0) images/s"
  }

  private func timeLeft(_ trainer: Trainer) -> String {
    let progress = trainer.progress, plan = trainer.plan
    guard progress.imagesInEpoch > 0 else { return "?" }
    let left = Double((plan.epochs - progress.epoch) * plan.trainingCount - progress.position)
    let outside = secondsOutsideSteps.isEmpty ? 0 : secondsOutsideSteps.reduce(0, +) / Double(secondsOutsideSteps.count)
    return
      (left * progress.secondsInEpoch / Double(progress.imagesInEpoch)
      + outside * Double(plan.epochs - progress.epoch)).formattedAsTime
  }
}

extension Double {
  package func formatted(digits: Int) -> String { String(format: "%.\(digits)f", self) }

  /// `42 s`, `3 min 05 s`, `2 h 07 min`.
  package var formattedAsTime: String {
    let seconds = Int(rounded())
    if self < 10 { return String(format: "%.1f s", self) }
    if seconds < 60 { return "\(seconds) s" }
    if seconds < 3600 { return String(format: "%d min %02d s", seconds / 60, seconds % 60) }
    return String(format: "%d h %02d min", seconds / 3600, seconds % 3600 / 60)
  }
}
