/// Reads the small languages of array headers, a token at a time.
struct TextScanner {
  /// What was expected, and the byte at which something else was found.
  struct Mismatch: Error {
    let position: Int
    let problem: String
  }

  private let text: [UInt8]
  private(set) var position = 0

  init(_ text: [UInt8]) { self.text = text }

  var isAtEnd: Bool { position == text.count }

  mutating func skipSpace() {
    while position < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[position]) { position += 1 }
  }

  /// Takes `literal` if it comes next, after space.
  mutating func take(_ literal: String) -> Bool {
    skipSpace()
    guard text[position...].starts(with: literal.utf8) else { return false }
    position += literal.utf8.count
    return true
  }

  mutating func expect(_ literal: String) throws(Mismatch) {
    guard take(literal) else { throw mismatch("“\(literal)” is expected here") }
  }

  /// A whole number ≥ 0 without leading zeros.
  mutating func number() throws(Mismatch) -> Int {
    skipSpace()
    let start = position
    var value = 0
    while position < text.count, case let digit = Int(text[position]) - 0x30, (0...9).contains(digit) {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(digit)
      guard !overflow, !carry else { throw mismatch("this number is too large", at: start) }
      value = sum
      position += 1
    }
    guard position > start else { throw mismatch("a whole number is expected here") }
    guard position == start + 1 || text[start] != 0x30 else { throw mismatch("this number starts with 0", at: start) }
    return value
  }

  /// A JSON string in double quotes.
  mutating func string() throws(Mismatch) -> String {
    try expect("\"")
    let start = position
    var bytes = [UInt8]()
    while true {
      guard position < text.count else { throw mismatch("this text is not closed by a quote", at: start - 1) }
      let byte = text[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: bytes, as: UTF8.self) else {
          throw mismatch("this text is not UTF-8", at: start)
        }
        return string
      case UInt8(ascii: "\\"): bytes += try escape()
      case ..<0x20: throw mismatch("a control character stands in a text", at: position - 1)
      default: bytes.append(byte)
      }
    }
  }

  private mutating func escape() throws(Mismatch) -> [UInt8] {
    guard position < text.count else { throw mismatch("an escape is cut short") }
    let letter = text[position]
    position += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [letter]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      let start = position - 2
      var code = UInt32(try hexadecimal())
      if (0xD800..<0xDC00).contains(code) {
        guard text[position...].starts(with: "\\u".utf8) else { throw mismatch("half a surrogate pair", at: start) }
        position += 2
        let low = UInt32(try hexadecimal())
        guard (0xDC00..<0xE000).contains(low) else { throw mismatch("half a surrogate pair", at: start) }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw mismatch("half a surrogate pair", at: start) }
      return Array(String(scalar).utf8)
    default: throw mismatch("an unknown escape", at: position - 2)
    }
  }

  private mutating func hexadecimal() throws(Mismatch) -> UInt16 {
    guard position + 4 <= text.count,
      let digits = String(validating: text[position..<position + 4], as: UTF8.self),
      digits.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }), let code = UInt16(digits, radix: 16)
    else { throw mismatch("four hexadecimal digits are expected here") }
    position += 4
    return code
  }

  func mismatch(_ problem: String, at place: Int? = nil) -> Mismatch {
    Mismatch(position: place ?? position, problem: problem)
  }
}

/// `text` as a JSON string, quotes included.
func quotedForJSON(_ text: String) -> String {
  var quoted = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"", "\\": quoted += "\\\(scalar)"
    case "\n": quoted += "\\n"
    case "\t": quoted += "\\t"
    case "\r": quoted += "\\r"
    case "\u{0}"..<" ":
      let code = String(scalar.value, radix: 16)
      quoted += "\\u" + String(repeating: "0", count: 4 - code.count) + code
    default: quoted.unicodeScalars.append(scalar)
    }
  }
  return quoted + "\""
}
