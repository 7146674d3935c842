extension Int {
  /// The least multiple of `multiple` that is no less.
  package func roundedUp(to multiple: Int) -> Int { (self + multiple - 1) / multiple * multiple }
  /// How many of `divisor` it takes.
  package func dividedUp(by divisor: Int) -> Int { (self + divisor - 1) / divisor }
}
