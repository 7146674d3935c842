/// Test inputs from a seed (SplitMix64, Steele et al. 2014): independent of the generator under test.
public struct TestRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  public mutating func uniform(_ count: Int, _ range: ClosedRange<Float> = -1...1) -> [Float] {
    let width = range.upperBound - range.lowerBound
    return (0..<count).map { _ in range.lowerBound + width * Float(next() >> 40) * 0x1p-24 }
  }
}
