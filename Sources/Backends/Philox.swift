/// The counter-based generator Philox4x32-10 (Salmon et al., 2011, "Parallel random numbers: as easy as
/// 1, 2, 3"): the same stream on every device, whatever the number of threads.
///
/// Element `i` of a draw that starts at `counter` is lane `i % 4` of block `counter + i / 4`. A block's
/// counter words are (low 32 bits, high 32 bits, 0, 0).
public struct Philox: Hashable, Sendable {
  public var key: SIMD2<UInt32>

  public init(key: SIMD2<UInt32>) { self.key = key }

  @inline(__always)
  public func block(_ counter: UInt64) -> SIMD4<UInt32> {
    block(SIMD4(UInt32(truncatingIfNeeded: counter), UInt32(truncatingIfNeeded: counter >> 32), 0, 0))
  }

  @inline(__always)
  public func block(_ counter: SIMD4<UInt32>) -> SIMD4<UInt32> {
    var c = counter, k = key
    for _ in 0..<10 {
      let first = UInt64(c.x) * 0xD251_1F53, second = UInt64(c.z) * 0xCD9E_8D57
      c = SIMD4(
        UInt32(truncatingIfNeeded: second >> 32) ^ c.y ^ k.x, UInt32(truncatingIfNeeded: second),
        UInt32(truncatingIfNeeded: first >> 32) ^ c.w ^ k.y, UInt32(truncatingIfNeeded: first))
      k = SIMD2(k.x &+ 0x9E37_79B9, k.y &+ 0xBB67_AE85)
    }
    return c
  }

  /// Uniform in [0, 1): the upper 24 bits.
  @inline(__always)
  public static func uniform(_ bits: UInt32) -> Float { Float(bits >> 8) * 0x1p-24 }

  /// Uniform in [0, 1) in steps of 2⁻¹⁶: the lower (0) or the upper (1) half.
  @inline(__always)
  public static func uniform16(_ bits: UInt32, half: Int) -> Float {
    Float(bits >> UInt32(16 * half) & 0xFFFF) * 0x1p-16
  }

  /// Uniform in (0, 1], whose logarithm is finite. Box–Muller makes lanes (0, 1) and (2, 3) from
  /// `√(−2 ln positiveUniform(even))` times cosine (even lane) or sine (odd lane) of `2π uniform(odd)`.
  @inline(__always)
  public static func positiveUniform(_ bits: UInt32) -> Float { Float((bits >> 8) + 1) * 0x1p-24 }
}
