/// How often something is done while training.
public enum Cadence: Hashable, Sendable, CustomStringConvertible {
  /// At no time.
  case never
  /// After every so many steps of the stage.
  case steps(Int)
  /// At the end of every so many epochs of the stage.
  case epochs(Int)
  /// After the first step that ends so many minutes after the last time.
  case minutes(Double)

  /// From `never`, `steps:200`, `epochs:1` or `minutes:10`; nil if the text is none of these, or a number is not
  /// positive.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    switch (parts.first, parts.count) {
    case ("never", 1): self = .never
    case ("steps", 2):
      guard let count = Int(parts[1]), count > 0 else { return nil }
      self = .steps(count)
    case ("epochs", 2):
      guard let count = Int(parts[1]), count > 0 else { return nil }
      self = .epochs(count)
    case ("minutes", 2):
      guard let minutes = Double(parts[1]), minutes.isFinite, minutes > 0 else { return nil }
      self = .minutes(minutes)
    default: return nil
    }
  }

  public var description: String {
    switch self {
    case .never: "never"
    case .steps(let count): "steps:\(count)"
    case .epochs(let count): "epochs:\(count)"
    case .minutes(let minutes): "minutes:\(minutes)"
    }
  }

  /// Whether it is time, after a step.
  ///
  /// - Parameters:
  ///   - step: Steps taken so far.
  ///   - epoch: Epochs completed so far, if this step has completed one; else nil.
  ///   - minutes: Since it was done last.
  public func isDue(step: Int, epoch: Int?, minutes: Double) -> Bool {
    switch self {
    case .never: false
    case .steps(let count): step % count == 0
    case .epochs(let count): epoch.map { $0 % count == 0 } ?? false
    case .minutes(let interval): minutes >= interval
    }
  }
}
