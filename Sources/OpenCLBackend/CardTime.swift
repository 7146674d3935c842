/// What a product is expected to take on a graphics card.
///
/// As measured on an H100, where it tells all tiles' times within a fifth: what a multiprocessor multiplies and moves in a cycle,
/// what its groups together wait for at each step of k, what a group takes to begin and to end, and a launch to follow another.
struct CardTime {
  private static let multiplyAdds = 128.0, bytes = 8.0, ofStep = 650.0, ofGroup = 1500.0, ofLaunch = 10_000.0

  /// Work-groups, and the steps of k that each takes.
  let groups: Int
  let steps: Int
  /// Of a group's step, and their share of the instructions.
  let multiplyAddsOfStep: Int
  let share: Double
  /// Groups that a multiprocessor has at a time.
  let resident: Int
  /// Floats that a launch behind it moves to add up splits; 0 if there is none.
  let added: Int

  /// In clock cycles.
  func cycles(on device: OpenCLDevice) -> Double {
    let groups = groups.dividedUp(by: device.multiprocessors)
    let rounds = Double(groups.dividedUp(by: resident)), step = Double(multiplyAddsOfStep) / (Self.multiplyAdds * share)
    let cycles = rounds * Self.ofGroup + Double(steps) * (Double(groups) * step + rounds * Self.ofStep)
    if added == 0 { return cycles }
    return cycles + Self.ofLaunch + 4 * Double(added) / (Self.bytes * Double(device.multiprocessors))
  }
}

/// How a sum over k is cut into splits, each of which is written by itself.
struct CardSplits {
  /// The longest sum one item adds up, which bounds its rounding error.
  static let longestSum = 8192
  /// The shortest that is worth a split, and the most splits.
  private static let shortest = 128
  private static let most = 512

  let count: Int
  /// Of k, but for the last.
  let length: Int

  /// What is worth a try of `terms` values of k, each the sum of so many products, in whole steps.
  static func worthTrying(of k: Int, terms: Int = 1, step: Int) -> [Self] {
    let fewest = max(1, (k * terms).dividedUp(by: longestSum)), most = max(fewest, min(Self.most, k * terms / shortest))
    // Beyond a few dozen, one split more makes no difference.
    return (fewest...most).filter { $0 <= 64 || $0.isMultiple(of: 64) || $0 == most }.map { Self(of: k, count: $0, step: step) }
  }

  /// In about so many.
  init(of k: Int, count: Int, step: Int) {
    length = max(1, k.dividedUp(by: count).roundedUp(to: step))
    self.count = max(1, k.dividedUp(by: length))
  }

  /// Floats that are written, read and written again.
  func added(of results: Int) -> Int { count > 1 ? results * (2 * count + 1) : 0 }
}
