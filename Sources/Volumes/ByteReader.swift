import Interchange

/// Reads numbers and words of a file's bytes one after the other, and says where it is when something is wrong.
struct ByteReader {
  let bytes: [UInt8]
  let path: String
  private(set) var position = 0

  init(_ bytes: [UInt8], path: String) { (self.bytes, self.path) = (bytes, path) }

  var isAtEnd: Bool { position >= bytes.count }
  var remaining: Int { bytes.count - position }

  /// An error at a byte, by default the next one.
  func damaged(_ problem: String, at byte: Int? = nil) -> InterchangeError {
    InterchangeError(path: path, place: "byte \(byte ?? position)", problem: problem)
  }

  // MARK: Binary

  mutating func skip(_ count: Int) throws(InterchangeError) {
    guard count >= 0, count <= remaining else { throw damaged("the file ends after \(bytes.count) bytes; it was cut short") }
    position += count
  }

  mutating func integer<Word: FixedWidthInteger>(_: Word.Type, isBigEndian: Bool = false) throws(InterchangeError) -> Word {
    let start = position
    try skip(MemoryLayout<Word>.size)
    let word = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: start, as: Word.self) }
    return isBigEndian ? Word(bigEndian: word) : Word(littleEndian: word)
  }

  mutating func float(isBigEndian: Bool = false) throws(InterchangeError) -> Float {
    Float(bitPattern: try integer(UInt32.self, isBigEndian: isBigEndian))
  }

  // MARK: Text

  /// The words of the next line, up to a `#` unless that is kept; nil at the end.
  mutating func line(keepsComments: Bool = false) -> [Substring]? {
    guard !isAtEnd else { return nil }
    let start = position
    while position < bytes.count, bytes[position] != 0x0A { position += 1 }
    let end = position
    position += 1
    var text = String(decoding: bytes[start..<min(end, start + 4096)], as: UTF8.self)[...]
    if !keepsComments, let mark = text.firstIndex(of: "#") { text = text[..<mark] }
    return text.split { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\r\n" }
  }

  /// Takes spaces and tabs, and line ends too if asked.
  mutating func skipSpace(acrossLines: Bool) {
    while position < bytes.count {
      let byte = bytes[position]
      guard byte == 0x20 || byte == 0x09 || byte == 0x0D || (acrossLines && byte == 0x0A) else { return }
      position += 1
    }
  }

  mutating func skipLine() {
    while position < bytes.count, bytes[position] != 0x0A { position += 1 }
    if position < bytes.count { position += 1 }
  }

  /// Whether the next byte, if there is one, is this.
  func next(is byte: UInt8) -> Bool { position < bytes.count && bytes[position] == byte }

  mutating func take(_ byte: UInt8) -> Bool {
    guard next(is: byte) else { return false }
    position += 1
    return true
  }

  /// The bytes up to the next space or line end.
  mutating func word() -> ArraySlice<UInt8> {
    let start = position
    while position < bytes.count, bytes[position] > 0x20 { position += 1 }
    return bytes[start..<position]
  }

  /// A whole number with a sign, or nil (and nothing is taken) if there is none or it has more than 18 digits.
  mutating func wholeNumber() -> Int? {
    let start = position
    let isNegative = take(UInt8(ascii: "-"))
    if !isNegative { _ = take(UInt8(ascii: "+")) }
    var value = 0, digits = 0
    while position < bytes.count, case let digit = bytes[position] &- 0x30, digit < 10 {
      digits += 1
      guard digits <= 18 else { break }
      value = value * 10 + Int(digit)
      position += 1
    }
    guard digits > 0, digits <= 18 else {
      position = start
      return nil
    }
    return isNegative ? -value : value
  }

  /// The three numbers of a vertex.
  ///
  /// - Parameter line: Where they are, for messages.
  mutating func coordinates(ofLine line: Int) throws(InterchangeError) -> SIMD3<Float> {
    var vertex = SIMD3<Float>()
    for axis in 0..<3 {
      skipSpace(acrossLines: false)
      guard let value = decimalNumber() else {
        throw InterchangeError(path: path, place: "line \(line)", problem: "a vertex needs three numbers; export the mesh again")
      }
      vertex[axis] = Float(value)
    }
    return vertex
  }

  /// A decimal number, or nil (and nothing is taken) if there is none; `nan` and `inf` are none.
  mutating func decimalNumber() -> Double? {
    let start = position
    let isNegative = take(UInt8(ascii: "-"))
    if !isNegative { _ = take(UInt8(ascii: "+")) }
    var mantissa: UInt64 = 0, exponent = 0, digits = 0, isBehindPoint = false
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "."), !isBehindPoint {
        isBehindPoint = true
      } else if case let digit = byte &- 0x30, digit < 10 {
        digits += 1
        // Digits beyond the nineteenth change no 32-bit float.
        if mantissa < 1_000_000_000_000_000_000 {
          mantissa = mantissa * 10 + UInt64(digit)
          if isBehindPoint { exponent -= 1 }
        } else if !isBehindPoint {
          exponent += 1
        }
      } else {
        break
      }
      position += 1
    }
    guard digits > 0 else {
      position = start
      return nil
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      position += 1
      guard let power = wholeNumber() else {
        position = start
        return nil
      }
      exponent += max(-1000, min(1000, power))
    }
    let value = Self.scaled(Double(mantissa), by: exponent)
    return isNegative ? -value : value
  }

  private static let powers = (0...22).map { power in (0..<power).reduce(1.0) { value, _ in value * 10 } }

  private static func scaled(_ mantissa: Double, by exponent: Int) -> Double {
    var value = mantissa, rest = max(-400, min(400, exponent))
    while rest > 0 {
      value *= powers[min(rest, 22)]
      rest -= min(rest, 22)
    }
    while rest < 0 {
      value /= powers[min(-rest, 22)]
      rest += min(-rest, 22)
    }
    return value
  }
}
