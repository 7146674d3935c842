/// A 64-bit digest that tells contents apart which differ by accident, not by intent: FNV-1a over words of eight bytes,
/// stirred so that every bit of a word reaches all others.
public struct Fingerprint {
  private var state: UInt64 = 0xCBF2_9CE4_8422_2325
  private var count: UInt64 = 0

  /// A fingerprint of nothing yet.
  public init() {}

  /// Goes on with `bytes`. Where one call ends and the next begins counts too.
  public mutating func add(_ bytes: UnsafeRawBufferPointer) {
    let whole = bytes.count / 8 * 8
    for offset in stride(from: 0, to: whole, by: 8) {
      stir(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian)
    }
    var rest: UInt64 = 0
    for offset in whole..<bytes.count { rest = rest << 8 | UInt64(bytes[offset]) }
    stir(rest)
    count &+= UInt64(bytes.count)
  }

  /// Goes on with the UTF-8 bytes of `text`.
  public mutating func add(_ text: String) { Array(text.utf8).withUnsafeBytes { add($0) } }

  private mutating func stir(_ word: UInt64) {
    state = (state ^ word) &* 0x0000_0100_0000_01B3
    state ^= state >> 29
  }

  /// 16 hexadecimal digits.
  public var text: String {
    var last = self
    last.stir(count)
    last.stir(0)
    let digits = String(last.state, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
