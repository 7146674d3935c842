/// What a device can do at most, as measured by kernels that do nothing else. A benchmark's percentages are
/// of these.
public struct Ceilings: Sendable {
  /// Billions of multiplications and additions a second, in single precision and from registers alone.
  public let gflops: Double
  /// Billions of bytes a second, read and written, of a copy much larger than the caches.
  public let gigabytesPerSecond: Double
  /// What an operation costs that does nothing.
  public let launchMicroseconds: Double

  public init(gflops: Double, gigabytesPerSecond: Double, launchMicroseconds: Double) {
    (self.gflops, self.gigabytesPerSecond) = (gflops, gigabytesPerSecond)
    self.launchMicroseconds = launchMicroseconds
  }

  /// Floats of the copy that is timed: 128 MiB, read and written.
  package static let copiedFloats = 1 << 25

  /// The shortest of several times of `body`, in seconds: a ceiling is what nothing else disturbs.
  package static func shortest(of repetitions: Int, _ body: () throws -> Void) rethrows -> Double {
    try body()
    return try (0..<repetitions).map { _ in try ContinuousClock().measure(body) / .seconds(1) }.min()!
  }
}

/// A backend whose ceilings can be measured; the reference has none, it is not meant to be fast.
public protocol CeilingMeasuring: Backend {
  /// Takes about a second.
  func measureCeilings() throws -> Ceilings
}
