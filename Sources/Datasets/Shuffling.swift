import Backends

/// What a permutation is for. Streams of different purposes never meet, nor do they meet a device's draws
/// from the same seed, whose last counter word is 0.
enum ShufflingPurpose: UInt32 {
  case batches = 1
  case split = 2
}

/// The order in which an epoch visits the images: a function of count, seed and epoch alone, so training
/// resumed in mid-epoch sees what it would have seen.
public func shuffledIndices(count: Int, seed: UInt64, epoch: Int) -> [Int] {
  shuffledIndices(count: count, seed: seed, epoch: epoch, purpose: .batches)
}

/// Fisher and Yates' shuffle (Knuth's algorithm P) driven by Philox.
func shuffledIndices(count: Int, seed: UInt64, epoch: Int, purpose: ShufflingPurpose) -> [Int] {
  var words = PhiloxWords(seed: seed, epoch: epoch, purpose: purpose)
  var indices = Array(0..<count)
  var last = count - 1
  while last > 0 {
    indices.swapAt(last, words.next(below: last + 1))
    last -= 1
  }
  return indices
}

/// The 32-bit words of one Philox stream, one after the other.
private struct PhiloxWords {
  private let generator: Philox
  private let epoch: UInt32
  private let purpose: UInt32
  private var counter: UInt64 = 0
  private var block = SIMD4<UInt32>()
  private var lane = 4

  init(seed: UInt64, epoch: Int, purpose: ShufflingPurpose) {
    generator = Philox(key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
    self.epoch = UInt32(truncatingIfNeeded: epoch)
    self.purpose = purpose.rawValue
  }

  mutating func next() -> UInt32 {
    if lane == 4 {
      block = generator.block(
        SIMD4(
          UInt32(truncatingIfNeeded: counter), UInt32(truncatingIfNeeded: counter >> 32), epoch, purpose))
      counter += 1
      lane = 0
    }
    defer { lane += 1 }
    return block[lane]
  }

  /// Uniform in `0..<bound` without bias (Lemire, 2019: multiply, redraw the few words that would favour
  /// small numbers).
  mutating func next(below bound: Int) -> Int {
    precondition(bound <= Int(UInt32.max), "cannot shuffle more than 2³² images")
    let bound = UInt32(bound)
    var product = UInt64(next()) * UInt64(bound)
    if UInt32(truncatingIfNeeded: product) < bound {
      let threshold = (0 &- bound) % bound
      while UInt32(truncatingIfNeeded: product) < threshold { product = UInt64(next()) * UInt64(bound) }
    }
    return Int(product >> 32)
  }
}
