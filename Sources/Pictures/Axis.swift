import Foundation

/// The range of one axis of a chart and the round numbers marked on it.
struct Axis {
  let low: Double
  let high: Double
  let ticks: [Double]
  private let step: Double

  /// An axis that holds all finite values with a little room on both sides.
  ///
  /// - Parameter wholeNumbers: whether marks between whole numbers make no sense, as for epochs.
  init(containing values: some Sequence<Double>, wholeNumbers: Bool = false, marks: Int = 7) {
    var (least, most) = (Double.infinity, -Double.infinity)
    for value in values where value.isFinite { (least, most) = (min(least, value), max(most, value)) }
    if least > most { (least, most) = (0, 1) }
    // Values that are all alike stand in the middle of a range that still shows their size.
    let room = least == most ? max(abs(least) * 0.1, wholeNumbers ? 1 : 1e-6) : (most / 2 - least / 2) * 0.08
    low = max(least - room, -Double.greatestFiniteMagnitude)
    high = min(most + room, Double.greatestFiniteMagnitude)

    let rough = (high / Double(marks) - low / Double(marks))
    let magnitude = pow(10, log10(rough).rounded(.down))
    let nice = [1, 2, 5, 10].map { $0 * magnitude }.first { $0 >= rough } ?? 10 * magnitude
    let step = wholeNumbers ? max(1, nice) : nice
    let first = Int((low / step).rounded(.up)), last = Int((high / step).rounded(.down))
    self.step = step
    ticks = first <= last ? (first...last).map { Double($0) * step } : []
  }

  /// Where a value lies, from 0 (low end) to 1 (high end).
  func fraction(_ value: Double) -> Double { (value / 2 - low / 2) / (high / 2 - low / 2) }

  func label(_ tick: Double) -> String {
    if tick == 0 { return "0" }
    func magnitude(_ value: Double) -> Int { Int(log10(value).rounded(.down)) }
    // A little more than the step, for one that was rounded down to 0.0999….
    let stepMagnitude = magnitude(step * 1.001)
    let largest = max(abs(low), abs(high))
    let text =
      if largest >= 1e6 || largest < 1e-3 {
        String(format: "%.\(min(9, max(0, magnitude(abs(tick) * 1.001) - stepMagnitude)))e", tick)
      } else {
        String(format: "%.\(min(9, max(0, -stepMagnitude)))f", tick)
      }
    return text.replacingOccurrences(of: "-", with: "−")
  }
}
