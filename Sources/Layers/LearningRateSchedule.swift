import Foundation

/// How a learning rate changes with the epochs; a function of the epoch alone, so it survives resuming.
public enum LearningRateSchedule: Equatable, Sendable, CustomStringConvertible {
  /// The full rate in every epoch.
  case constant
  /// Multiplied by `factor` after every epoch.
  case exponential(factor: Float)
  /// From the full rate to 0 over the epochs, along half a cosine (Loshchilov and Hutter, 2017).
  case cosine

  /// `constant`, `exponential:0.95` or `cosine`.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    switch (parts.first, parts.count) {
    case ("constant", 1): self = .constant
    case ("cosine", 1): self = .cosine
    case ("exponential", 2):
      guard let factor = Float(parts[1]), factor > 0, factor.isFinite else { return nil }
      self = .exponential(factor: factor)
    default: return nil
    }
  }

  public var description: String {
    switch self {
    case .constant: "constant"
    case .exponential(let factor): "exponential:\(factor)"
    case .cosine: "cosine"
    }
  }

  /// The factor of the base rate in `epoch`, from 0.
  public func factor(epoch: Int, of epochs: Int) -> Float {
    switch self {
    case .constant: 1
    case .exponential(let factor): Float(pow(Double(factor), Double(epoch)))
    case .cosine: Float(0.5 * (1 + cos(Double.pi * Double(epoch) / Double(max(1, epochs)))))
    }
  }
}
