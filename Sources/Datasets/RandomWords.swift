import Backends

/// The 32-bit words of one Philox stream, one after the other: what data sets draw from.
public struct RandomWords {
  /// What a stream is for. Streams of different purposes never meet, nor do they meet a device's draws
  /// from the same seed, whose last counter word is 0.
  enum Purpose {
    case batches
    case split
    case sample(Int)
  }

  private let generator: Philox
  /// The counter's words but for the first, which counts the blocks.
  private let place: SIMD3<UInt32>
  private var counter: UInt32 = 0
  private var block = SIMD4<UInt32>()
  private var lane = 4

  init(seed: UInt64, epoch: Int, purpose: Purpose) {
    generator = Philox(key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
    let epoch = UInt32(truncatingIfNeeded: epoch)
    switch purpose {
    case .batches: place = SIMD3(0, epoch, 1)
    case .split: place = SIMD3(0, epoch, 2)
    case .sample(let index): place = SIMD3(UInt32(truncatingIfNeeded: index), epoch, 3)
    }
  }

  /// The next word; all 2³² are equally likely.
  public mutating func next() -> UInt32 {
    if lane == 4 {
      block = generator.block(SIMD4(counter, place.x, place.y, place.z))
      counter &+= 1
      lane = 0
    }
    defer { lane += 1 }
    return block[lane]
  }

  /// Uniform in [0, 1).
  public mutating func nextUniform() -> Float { Philox.uniform(next()) }

  /// Uniform in `0..<bound` without bias (Lemire, 2019: multiply, redraw the few words that would favour
  /// small numbers).
  public mutating func next(below bound: Int) -> Int {
    precondition(bound > 0 && bound <= Int(UInt32.max), "a number below \(bound) cannot be drawn from 32 bits")
    let bound = UInt32(bound)
    var product = UInt64(next()) * UInt64(bound)
    if UInt32(truncatingIfNeeded: product) < bound {
      let threshold = (0 &- bound) % bound
      while UInt32(truncatingIfNeeded: product) < threshold { product = UInt64(next()) * UInt64(bound) }
    }
    return Int(product >> 32)
  }
}
