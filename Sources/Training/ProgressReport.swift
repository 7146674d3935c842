import Files
import Foundation
import Models

/// A line on standard error whenever means are recorded: measurements, speed, time left. In between a live bar on a terminal,
/// elsewhere a line every ten seconds.
public final class ProgressReport: Callback {
  private let width: () -> Int?
  private let write: (String) -> Void
  private let show: (String) -> Void
  private var began = ContinuousClock.now
  private var fractionBefore = 0.0
  private var stepsBefore = 0
  private var drawn = ContinuousClock.now
  /// Of the last record: what is shown until enough steps have been measured.
  private var speedBefore: Double?

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

  /// `report`.
  public override var phase: Phase { .report }

  /// Notes where training begins, from where the time left is estimated.
  public override func trainingBegan(_ trainer: Trainer) {
    fractionBefore = trainer.plan.fractionDone(trainer.progress)
    stepsBefore = trainer.progress.step
    began = .now
  }

  public override func stepEnded(_ trainer: Trainer) throws {
    let width = width(), pause = width == nil ? 10 : 0.1
    // Steps that the device has not finished have no losses, and no speed.
    guard trainer.hasReadAllSteps, (ContinuousClock.now - drawn).inSeconds > pause, trainer.progress.position > 0 else { return }
    drawn = .now
    let progress = trainer.progress
    var done = [place(trainer, epoch: progress.epoch + 1)], share = trainer.plan.fractionDone(progress)
    // Iterations are not counted in epochs: the bar shows how many of them are done.
    if case .epochs = trainer.plan.length {
      done.append("\(progress.position)/\(trainer.plan.trainingCount)")
      share = Double(progress.position) / Double(trainer.plan.trainingCount)
    }
    let measured = trainer.secondsInSteps > 1 || speedBefore == nil ? trainer.samplesPerSecond : speedBefore
    let means = progress.means.map(Self.text), speed = measured.map(Self.text), left = timeLeft(trainer)
    guard let width else { return write(lines(done + means + [speed, left].compactMap { $0 }, width: .max)) }
    show(Self.status(share, done, means.first, speed, left, width: width - 1))
  }

  /// A line that wraps could not be replaced: the bar becomes shorter, then speed, time left and loss are left out, and the bar.
  private static func status(
    _ share: Double, _ done: [String], _ mean: String?, _ speed: String?, _ left: String?, width: Int
  ) -> String {
    for terms in [[mean, speed, left], [mean, left], [mean], []] {
      func line(_ bar: String) -> String {
        ([([done[0], bar] + done.dropFirst()).joined(separator: " ")] + terms.compactMap { $0 }).joined(separator: "  ")
      }
      let space = width - line("").count
      if space >= 8 { return line(share.formattedAsBar(min(24, space))) }
    }
    return String(done.joined(separator: "  ").prefix(max(1, width)))
  }

  public override func recorded(_ trainer: Trainer, _ record: TrainingRecord) throws {
    var terms = [place(trainer, epoch: record.epoch)] + record.training.map(Self.text)
    if let validation = record.validation {
      terms += validation.enumerated().map { ($0.offset == 0 ? "validation " : "") + Self.text($0.element) }
    }
    terms.append(Self.text(record.samplesPerSecond))
    if !trainer.plan.isComplete(trainer.progress) { terms += [timeLeft(trainer)].compactMap { $0 } }
    (speedBefore, drawn) = (record.samplesPerSecond, .now)
    write(lines(terms, width: width() ?? .max))
  }

  /// Writes how many steps were taken in what time, or why training stopped.
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

  private static func text(_ mean: MeasurementMean) -> String { "\(mean.name) \(mean.value.formatted(digits: 4))" }

  private static func text(_ samplesPerSecond: Double) -> String {
    // Few are worth a digit behind the point.
    samplesPerSecond < 9.95 ? String(format: "%.1f images/s", samplesPerSecond) : "\(Int(samplesPerSecond.rounded())) images/s"
  }

  /// Broken between terms where they are wider than `width`, the later lines indented.
  private func lines(_ terms: [String], width: Int) -> String {
    String.wrapped(terms.map { $0 + "  " }, width: width, indent: 4) + "\n"
  }

  /// From what this run of the program has done in its own time, validation and pictures included.
  private func timeLeft(_ trainer: Trainer) -> String? {
    let done = trainer.plan.fractionDone(trainer.progress), gained = done - fractionBefore
    let elapsed = (ContinuousClock.now - began).inSeconds
    // The first steps compile kernels, and say little of those to come.
    guard gained > 0, elapsed > 1 else { return nil }
    return ((1 - done) / gained * elapsed).formattedAsTime + " left"
  }
}

extension Double {
  package func formatted(digits: Int) -> String { String(format: "%.\(digits)f", self) }

  /// A share in [0, 1] as `length` characters.
  package func formattedAsBar(_ length: Int = 24) -> String {
    let filled = Int(self * Double(length))
    return String(repeating: "█", count: filled) + String(repeating: "░", count: length - filled)
  }

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
