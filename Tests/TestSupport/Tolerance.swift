/// How far a result may be from the reference's. NaN must meet NaN and an infinity the same infinity.
public enum Tolerance: Sendable {
  /// Equal (zeros of either sign are).
  case exact
  /// Each element within `relative` of itself, or of `floor` where it is smaller.
  case elements(_ relative: Double, floor: Double)
  /// Each element within `relative` of the largest of its array, or of `floor` if all are smaller.
  case scale(_ relative: Double, floor: Double = 1e-30)

  /// What is wrong with `result`, or nil.
  public func mismatch(_ result: [Float], reference: [Float]) -> String? {
    guard result.count == reference.count else {
      return "\(result.count) values instead of \(reference.count)"
    }
    let scale = reference.lazy.filter(\.isFinite).map { Double(abs($0)) }.max() ?? 0
    var worst: (index: Int, error: Double)?, wrong = 0
    for i in result.indices {
      let (a, b) = (result[i], reference[i])
      if a == b || (a.isNaN && b.isNaN) { continue }
      let allowed: Double =
        switch self {
        case .exact: 0
        case .elements(let relative, let floor): relative * max(Double(abs(b)), floor)
        case .scale(let relative, let floor): relative * max(scale, floor)
        }
      let difference = abs(Double(a) - Double(b))
      let error = difference.isNaN || !b.isFinite ? .infinity : allowed == 0 ? .infinity : difference / allowed
      if error <= 1 { continue }
      wrong += 1
      if error > (worst?.error ?? 0) { worst = (i, error) }
    }
    guard let worst else { return nil }
    return "\(wrong) of \(result.count) values differ; the worst is element \(worst.index): "
      + "\(result[worst.index]) instead of \(reference[worst.index]) "
      + (worst.error.isFinite ? "(\(worst.error.rounded(.up)) times the tolerance)" : "")
  }
}
