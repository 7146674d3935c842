import Figment
import Files
import Foundation

/// How far a piece of work on many files is, on standard error: a bar on a terminal, elsewhere a line every ten seconds.
final class ProgressLine {
  private let title: String
  private let total: Int
  private let unit: String
  private let began = ContinuousClock.now
  private var shown = ContinuousClock.now
  private var first: Int?

  /// - Parameter unit: What is counted, for the speed.
  init(_ title: String, total: Int, unit: String = "pictures") { (self.title, self.total, self.unit) = (title, total, unit) }

  func report(_ done: Int) {
    if first == nil { first = done }
    let width = StandardError.terminalWidth
    guard (ContinuousClock.now - shown) > (width == nil ? .seconds(10) : .milliseconds(100)) else { return }
    shown = .now
    let rate = Double(done - first!) / (ContinuousClock.now - began).inSeconds
    let left = rate > 0 ? "  \((Double(total - done) / rate).formattedAsTime) left" : ""
    let pace = String(format: "%.0f \(unit)/s", rate) + left
    guard let width else { return StandardError.write("\(title) \(done)/\(total)  \(pace)\n") }
    let bar = (total > 0 ? Double(done) / Double(total) : 1).formattedAsBar
    StandardError.showStatus(String("\(title) \(bar) \(done)/\(total)  \(pace)".prefix(max(1, width - 1))))
  }
}
