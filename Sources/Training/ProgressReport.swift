import Files
import Foundation
import Models

/// A line on standard error whenever means are recorded: measurements, speed, time left. On a terminal a live bar as well.
public final class ProgressReport: Callback {
  private let width: () -> Int?
  private let write: (String) -> Void
  private let show: (String) -> Void
  private let began = ContinuousClock.now
  private var fractionBefore = 0.0
  private var stepsBefore = 0
  private var drawn = ContinuousClock.now

  /// On standard error, with a bar if that is a terminal.
  public override init() {
    width = { StandardError.terminalWidth }
    write = { StandardError.write($0) }
    show = { StandardError.showStatus($0) }
  }

  /// - Parameters:
  ///   - width: Of the terminal that the bar is drawn for; nil for no bar.
  ///   - write: Where lines go, and the bar behind a carriage return.
  public init(width: Int?, write: @escaping (String) -> Void) {
    self.width = { width }
    self.write = width == nil ? write : { write("\r" + $0) }
    show = { write("\r" + $0) }
  }

  public override var phase: Phase { .report }

  public override func trainingBegan(_ trainer: Trainer) {
    fractionBefore = trainer.plan.fractionDone(trainer.progress)
    stepsBefore = trainer.progress.step
  }

  public override func stepEnded(_ trainer: Trainer) {
    guard (ContinuousClock.now - drawn).inSeconds > 0.1, let width = width(), trainer.progress.position > 0 else { return }
    drawn = .now
    let progress = trainer.progress, plan = trainer.plan
    let fraction = Double(progress.position) / Double(plan.trainingCount)
    let filled = Int(fraction * 24)
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
    let measured = progress.means.first.map { "  \($0.name) \($0.value.formatted(digits: 4))" } ?? ""
    let line =
      "\(place(trainer, epoch: progress.epoch + 1)) \(bar) \(progress.position)/\(plan.trainingCount)\(measured)"
      + "  \(speed(trainer.samplesInSteps, trainer.secondsInSteps))  \(timeLeft(trainer))"
    // A line that wraps could not be replaced.
    show(String(line.prefix(max(1, width - 1))))
  }

  public override func recorded(_ trainer: Trainer, _ record: TrainingRecord) {
    var parts = [place(trainer, epoch: record.epoch), means(record.training)]
    if let validation = record.validation { parts.append("validation " + means(validation)) }
    parts.append(speed(record.samples, record.seconds))
    if !trainer.plan.isComplete(trainer.progress) { parts.append(timeLeft(trainer)) }
    write(parts.joined(separator: "  ") + "\n")
  }

  public override func trainingEnded(_ trainer: Trainer, _ end: TrainingEnd) {
    let time = (ContinuousClock.now - began).inSeconds.formattedAsTime, progress = trainer.progress
    let steps = progress.step - stepsBefore
    switch end {
    case .finished: write("trained \(steps) step\(steps == 1 ? "" : "s") in \(time)\n")
    case .stopped(let reason): write("\(reason) (epoch \(progress.epoch), \(time))\n")
    case .interrupted: write("interrupted at step \(progress.step) after \(time)\n")
    }
  }

  private func place(_ trainer: Trainer, epoch: Int) -> String {
    let stage = trainer.stages.count > 1 ? "\(trainer.plan.stage.name) " : ""
    return switch trainer.plan.length {
    case .epochs(let epochs): "\(stage)epoch \(epoch)/\(epochs)"
    case .iterations(let steps): "\(stage)iteration \(trainer.progress.step)/\(steps)"
    }
  }

  private func means(_ means: [MeasurementMean]) -> String {
    means.map { "\($0.name) \($0.value.formatted(digits: 4))" }.joined(separator: "  ")
  }

  private func speed(_ samples: Int, _ seconds: Double) -> String {
    "\(seconds > 0 ? Int((Double(samples) / seconds).rounded()) : 0) images/s"
  }

  /// From what this run of the program has done in its own time, validation and pictures included.
  private func timeLeft(_ trainer: Trainer) -> String {
    let done = trainer.plan.fractionDone(trainer.progress), gained = done - fractionBefore
    guard gained > 0 else { return "? left" }
    return ((1 - done) / gained * (ContinuousClock.now - began).inSeconds).formattedAsTime + " left"
  }
}

extension Double {
  package func formatted(digits: Int) -> String { String(format: "%.\(digits)f", self) }

  /// `9.5 s`, `42 s`, `3 min 05 s`, `2 h 07 min`, `5 days`.
  package var formattedAsTime: String {
    if isNaN { return "?" }
    if self < 9.95 { return String(format: "%.1f s", Swift.max(0, self)) }
    // Far beyond what a run can take, and within what an integer holds.
    let seconds = Int(Swift.min(self, 1e15).rounded())
    if seconds < 60 { return "\(seconds) s" }
    if seconds < 3600 { return String(format: "%d min %02d s", seconds / 60, seconds % 60) }
    if seconds < 48 * 3600 { return String(format: "%d h %02d min", seconds / 3600, seconds % 3600 / 60) }
    return "\(seconds / 86400) days"
  }
}
