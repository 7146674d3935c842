import Backends

/// A stream of random numbers: the Philox stream of a seed and the position in it. The same seed gives the
/// same numbers on every device, and the state, two integers, goes into checkpoints.
public final class RandomGenerator {
  /// Where a stream stands: what a checkpoint keeps of it.
  public struct State: Hashable, Sendable, Codable {
    /// Which stream: the key of Philox4x32-10 (Salmon et al., 2011).
    public var seed: UInt64
    /// Blocks of four numbers drawn so far.
    public var counter: UInt64

    /// A place in the stream of `seed`; its beginning unless `counter` says otherwise.
    public init(seed: UInt64, counter: UInt64 = 0) { (self.seed, self.counter) = (seed, counter) }
  }

  /// Where the stream stands. Set it to draw the same numbers again.
  public var state: State

  /// The stream of `seed` from its beginning.
  public init(seed: UInt64) { state = State(seed: seed) }

  /// The function from a counter to four random words that the seed selects.
  package var generator: Philox {
    Philox(key: SIMD2(UInt32(truncatingIfNeeded: state.seed), UInt32(truncatingIfNeeded: state.seed >> 32)))
  }

  /// Reserves blocks for `count` numbers and returns the first.
  func draw(_ count: Int) -> UInt64 {
    defer { state.counter += UInt64((count + 3) / 4) }
    return state.counter
  }
}

extension Tensor {
  /// Independent draws from `distribution`.
  ///
  /// - Parameter generator: The stream they are taken from. It moves on by `⌈shape.count / 4⌉` blocks.
  public static func random(
    _ distribution: Distribution, shape: Shape, using generator: RandomGenerator, on device: Device
  ) -> Tensor {
    let counter = generator.draw(shape.count)
    return Tensor(
      device.backend.random(distribution, count: shape.count, generator: generator.generator, counter: counter),
      shape: shape, on: device)
  }

  /// Uniform in [low, high).
  public static func randomUniform(
    _ shape: Shape, low: Float = 0, high: Float = 1, using generator: RandomGenerator, on device: Device
  ) -> Tensor {
    random(.uniform(low: low, high: high), shape: shape, using: generator, on: device)
  }

  /// Normal with the given mean and standard deviation (Box and Muller, 1958).
  public static func randomNormal(
    _ shape: Shape, mean: Float = 0, deviation: Float = 1, using generator: RandomGenerator, on device: Device
  ) -> Tensor {
    random(.normal(mean: mean, deviation: deviation), shape: shape, using: generator, on: device)
  }

  /// Each element is 0 with probability `rate`, rounded up to a multiple of 2⁻¹⁶, else multiplied by `1 / (1 − rate)`.
  public func dropout(rate: Float, using generator: RandomGenerator) -> Tensor {
    require(rate >= 0 && rate < 1, "dropout: rate \(rate) is not in [0, 1)")
    if rate == 0 { return self }
    // Two elements a number.
    return dropout(rate: rate, generator: generator.generator, counter: generator.draw((count + 1) / 2))
  }

  private func dropout(rate: Float, generator: Philox, counter: UInt64) -> Tensor {
    let storage = device.backend.dropout(self.storage, rate: rate, generator: generator, counter: counter)
    return Tensor(storage, shape: shape, inputs: [self]) { gradient, _, _ in
      [gradient.dropout(rate: rate, generator: generator, counter: counter)]
    }
  }
}
