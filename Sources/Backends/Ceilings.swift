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

  /// Seconds that `body` takes.
  package static func seconds(_ body: () throws -> Void) rethrows -> Double {
    try ContinuousClock().measure(body) / .seconds(1)
  }
}

/// What measures a device's ceilings once, ready to be called again and again: beside a case, for the share that it has of
/// what the device can do in that moment. Machines that others use too drift by more than kernels differ.
public struct CeilingProbes {
  /// Billions of multiplications and additions a second.
  public let gflops: () throws -> Double
  /// Billions of bytes a second, read and written.
  public let gigabytesPerSecond: () throws -> Double
  public let launchMicroseconds: () throws -> Double

  public init(
    gflops: @escaping () throws -> Double, gigabytesPerSecond: @escaping () throws -> Double,
    launchMicroseconds: @escaping () throws -> Double
  ) {
    (self.gflops, self.gigabytesPerSecond, self.launchMicroseconds) = (gflops, gigabytesPerSecond, launchMicroseconds)
  }

  /// The best of several: a ceiling is what nothing else disturbs. Takes about a second.
  public func ceilings() throws -> Ceilings {
    func several(_ probe: () throws -> Double) rethrows -> [Double] {
      _ = try probe()
      return try (0..<7).map { _ in try probe() }
    }
    return Ceilings(
      gflops: try several(gflops).max()!, gigabytesPerSecond: try several(gigabytesPerSecond).max()!,
      launchMicroseconds: try several(launchMicroseconds).min()!)
  }
}

/// A backend whose ceilings can be measured; the reference has none, it is not meant to be fast.
public protocol CeilingMeasuring: Backend {
  func ceilingProbes() throws -> CeilingProbes
}
