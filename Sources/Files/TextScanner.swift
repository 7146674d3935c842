/// Reads JSON and its likes a token at a time.
package struct TextScanner {
  /// What was expected, and the byte at which something else was found.
  package struct Mismatch: Error {
    package let position: Int
    package let problem: String

    package init(position: Int, problem: String) { (self.position, self.problem) = (position, problem) }
  }

  package let text: [UInt8]
  package private(set) var position = 0

  package init(_ text: [UInt8]) { self.text = text }

  package var isAtEnd: Bool { position == text.count }

  package mutating func skipSpace() {
    while next(isOneOf: " \t\n\r") { position += 1 }
  }

  /// Takes `literal` if it comes next, after space.
  package mutating func take(_ literal: String) -> Bool {
    skipSpace()
    guard text[position...].starts(with: literal.utf8) else { return false }
    position += literal.utf8.count
    return true
  }

  package func next(isOneOf marks: String) -> Bool { position < text.count && marks.utf8.contains(text[position]) }

  /// Takes the next byte, which the caller has looked at.
  package mutating func advance(by count: Int = 1) { position += count }

  package mutating func expect(_ literal: String) throws(Mismatch) {
    guard take(literal) else { throw mismatch("“\(literal)” is expected here") }
  }

  /// A whole number ≥ 0 without leading zeros.
  package mutating func number() throws(Mismatch) -> Int {
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
  package mutating func string() throws(Mismatch) -> String {
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
      case ..<0x20: throw mismatch("a control character stands in a text; write it as an escape", at: position - 1)
      default: bytes.append(byte)
      }
    }
  }

  private mutating func escape() throws(Mismatch) -> [UInt8] {
    guard position < text.count else { throw mismatch("an escape is cut short", at: position - 1) }
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
      var code = try hexadecimal()
      if (0xD800..<0xDC00).contains(code) {
        guard text[position...].starts(with: "\\u".utf8) else { throw mismatch("half a surrogate pair", at: start) }
        position += 2
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else { throw mismatch("half a surrogate pair", at: start) }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw mismatch("half a surrogate pair", at: start) }
      return Array(String(scalar).utf8)
    default: throw mismatch("an unknown escape", at: position - 2)
    }
  }

  private mutating func hexadecimal() throws(Mismatch) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard position < text.count, let digit = Character(Unicode.Scalar(text[position])).hexDigitValue else {
        throw mismatch("four hexadecimal digits are expected here")
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }

  package func mismatch(_ problem: String, at place: Int? = nil) -> Mismatch {
    Mismatch(position: place ?? position, problem: problem)
  }
}
