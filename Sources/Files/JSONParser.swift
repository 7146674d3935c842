/// A value of a JSON text and the byte at which it starts; nil for values that come from elsewhere.
package struct JSONNode: Sendable {
  package enum Content: Sendable {
    case null
    case bool(Bool)
    /// As it is written: a number's type is known to who reads it.
    case number(String)
    case string(String)
    case array([JSONNode])
    /// In the order of the text.
    case object([Member])
  }

  package struct Member: Sendable {
    package let name: String
    package let offset: Int?
    package let value: JSONNode
  }

  package let offset: Int?
  package let content: Content
}

/// Reads JSON as RFC 8259 defines it and nothing beyond; a name that comes twice in an object is an error too.
package struct JSONParser {
  package struct Failure: Error {
    package let offset: Int
    /// Names and positions on the way to an object that is wrong.
    package let path: [String]?
    package let problem: String
  }

  /// Lists and objects in each other: what Figment reads needs few, and each takes stack.
  package static let deepest = 64

  private let text: [UInt8]
  private var position = 0
  private var path: [String] = []

  /// The one value that is the whole text.
  package static func parse(_ text: [UInt8]) throws(Failure) -> JSONNode {
    if text.starts(with: [0xEF, 0xBB, 0xBF]) {
      throw Failure(offset: 0, path: nil, problem: "it starts with a byte order mark; save it as UTF-8 without one")
    }
    var parser = JSONParser(text: text)
    let node = try parser.value()
    parser.skipSpace()
    guard parser.position == text.count else { throw parser.failure("something follows the end of the JSON value") }
    return node
  }

  private init(text: [UInt8]) { self.text = text }

  private mutating func value() throws(Failure) -> JSONNode {
    skipSpace()
    guard position < text.count else { throw failure("the text ends where a value is expected") }
    let start = position
    let content: JSONNode.Content
    switch text[position] {
    case UInt8(ascii: "{"): content = .object(try members())
    case UInt8(ascii: "["): content = .array(try elements())
    case UInt8(ascii: "\""): content = .string(try string())
    default:
      switch word() {
      case "true": content = .bool(true)
      case "false": content = .bool(false)
      case "null": content = .null
      case "", "-": content = .number(try number())
      case let other: throw failure("“\(other)” is no JSON value", at: start)
      }
    }
    return JSONNode(offset: start, content: content)
  }

  private mutating func members() throws(Failure) -> [JSONNode.Member] {
    var members = [JSONNode.Member](), names = Set<String>()
    position += 1
    if take("}") { return members }
    repeat {
      skipSpace()
      let start = position
      guard start < text.count, text[start] == UInt8(ascii: "\"") else {
        throw failure(members.isEmpty ? "a name in quotes or “}” is expected here" : "a name in quotes is expected here")
      }
      let name = try string()
      guard names.insert(name).inserted else {
        throw Failure(offset: start, path: path + [name], problem: "it comes twice in this object")
      }
      guard take(":") else { throw failure("“:” is expected here") }
      try enter(name)
      members.append(.init(name: name, offset: start, value: try value()))
      path.removeLast()
    } while take(",")
    guard take("}") else { throw failure("“,” or “}” is expected here") }
    return members
  }

  private mutating func elements() throws(Failure) -> [JSONNode] {
    var elements = [JSONNode]()
    position += 1
    if take("]") { return elements }
    repeat {
      try enter("\(elements.count)")
      elements.append(try value())
      path.removeLast()
    } while take(",")
    guard take("]") else { throw failure("“,” or “]” is expected here") }
    return elements
  }

  private mutating func enter(_ name: String) throws(Failure) {
    guard path.count < JSONParser.deepest else {
      throw failure("lists and objects lie in each other more than \(JSONParser.deepest) deep")
    }
    path.append(name)
  }

  private mutating func number() throws(Failure) -> String {
    let start = position
    guard isDigit || next(isOneOf: "-") else { throw failure("a value is expected here") }
    func digits(_ parser: inout JSONParser) throws(Failure) {
      guard parser.isDigit else { throw parser.failure("a digit is expected here") }
      while parser.isDigit { parser.position += 1 }
    }
    if next(isOneOf: "-") { position += 1 }
    let whole = position
    try digits(&self)
    guard text[whole] != UInt8(ascii: "0") || position == whole + 1 else {
      throw failure("this number starts with 0", at: start)
    }
    if next(isOneOf: ".") {
      position += 1
      try digits(&self)
    }
    if next(isOneOf: "eE") {
      position += 1
      if next(isOneOf: "+-") { position += 1 }
      try digits(&self)
    }
    return String(decoding: text[start..<position], as: UTF8.self)
  }

  private mutating func string() throws(Failure) -> String {
    let start = position
    position += 1
    var bytes = [UInt8]()
    while true {
      guard position < text.count else { throw failure("this text is not closed by a quote", at: start) }
      let byte = text[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: bytes, as: UTF8.self) else {
          throw failure("this text is not UTF-8", at: start)
        }
        return string
      case UInt8(ascii: "\\"): bytes += try escape()
      case ..<0x20: throw failure("a control character stands in a text; write it as an escape", at: position - 1)
      default: bytes.append(byte)
      }
    }
  }

  private mutating func escape() throws(Failure) -> [UInt8] {
    let start = position - 1
    guard position < text.count else { throw failure("an escape is cut short", at: start) }
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
      var code = try hexadecimal()
      if (0xD800..<0xDC00).contains(code) {
        guard text[position...].starts(with: "\\u".utf8) else { throw failure("half a surrogate pair", at: start) }
        position += 2
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else { throw failure("half a surrogate pair", at: start) }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw failure("half a surrogate pair", at: start) }
      return Array(String(scalar).utf8)
    default: throw failure("an unknown escape", at: start)
    }
  }

  private mutating func hexadecimal() throws(Failure) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard position < text.count, let digit = Character(Unicode.Scalar(text[position])).hexDigitValue else {
        throw failure("four hexadecimal digits are expected here")
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }

  /// The letters that come next and a sign before them: at most as many as a word of JSON or Python has. Takes
  /// them if there are any.
  private mutating func word() -> String {
    let start = position
    var end = next(isOneOf: "+-") ? start + 1 : start
    while end < text.count, end - start < 10, Unicode.Scalar(text[end]).properties.isAlphabetic, text[end] < 0x80 { end += 1 }
    let word = String(decoding: text[start..<end], as: UTF8.self)
    if word != "-" { position = end }
    return word
  }

  private mutating func take(_ mark: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < text.count, text[position] == UInt8(ascii: mark) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while next(isOneOf: " \t\n\r") { position += 1 }
  }

  private var isDigit: Bool { position < text.count && (0x30...0x39).contains(text[position]) }

  private func next(isOneOf marks: String) -> Bool { position < text.count && marks.utf8.contains(text[position]) }

  private func failure(_ problem: String, at place: Int? = nil) -> Failure {
    Failure(offset: place ?? position, path: nil, problem: problem)
  }
}
