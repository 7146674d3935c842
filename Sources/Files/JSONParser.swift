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
    /// Names and positions on the way to a name that comes twice.
    package let path: [String]?
    package let problem: String
  }

  /// Lists and objects in each other: what Figment reads needs few, and each takes stack.
  package static let deepest = 64

  private var scanner: TextScanner
  private var path: [String] = []

  /// The one value that is the whole text.
  package static func parse(_ text: [UInt8]) throws(Failure) -> JSONNode {
    if text.starts(with: [0xEF, 0xBB, 0xBF]) {
      throw Failure(offset: 0, path: nil, problem: "it starts with a byte order mark; save it as UTF-8 without one")
    }
    var parser = JSONParser(scanner: TextScanner(text))
    let node = try parser.value()
    parser.scanner.skipSpace()
    guard parser.scanner.isAtEnd else { throw parser.failure("something follows the end of the JSON value") }
    return node
  }

  private mutating func value() throws(Failure) -> JSONNode {
    scanner.skipSpace()
    guard !scanner.isAtEnd else { throw failure("the text ends where a value is expected") }
    let start = scanner.position
    let content: JSONNode.Content
    if scanner.take("{") {
      content = .object(try members())
    } else if scanner.take("[") {
      content = .array(try elements())
    } else if scanner.next(isOneOf: "\"") {
      content = .string(try string())
    } else {
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
    if scanner.take("}") { return members }
    repeat {
      scanner.skipSpace()
      let start = scanner.position
      guard scanner.next(isOneOf: "\"") else {
        throw failure(members.isEmpty ? "a name in quotes or “}” is expected here" : "a name in quotes is expected here")
      }
      let name = try string()
      guard names.insert(name).inserted else {
        throw Failure(offset: start, path: path + [name], problem: "it comes twice in this object")
      }
      guard scanner.take(":") else { throw failure("“:” is expected here") }
      try enter(name)
      members.append(.init(name: name, offset: start, value: try value()))
      path.removeLast()
    } while scanner.take(",")
    guard scanner.take("}") else { throw failure("“,” or “}” is expected here") }
    return members
  }

  private mutating func elements() throws(Failure) -> [JSONNode] {
    var elements = [JSONNode]()
    if scanner.take("]") { return elements }
    repeat {
      try enter("\(elements.count)")
      elements.append(try value())
      path.removeLast()
    } while scanner.take(",")
    guard scanner.take("]") else { throw failure("“,” or “]” is expected here") }
    return elements
  }

  private mutating func enter(_ name: String) throws(Failure) {
    guard path.count < JSONParser.deepest else {
      throw failure("lists and objects lie in each other more than \(JSONParser.deepest) deep")
    }
    path.append(name)
  }

  private mutating func string() throws(Failure) -> String {
    do { return try scanner.string() } catch { throw failure(error.problem, at: error.position) }
  }

  private mutating func number() throws(Failure) -> String {
    let start = scanner.position
    let digits = "0123456789"
    func takeDigits(_ parser: inout JSONParser) throws(Failure) {
      guard parser.scanner.next(isOneOf: digits) else { throw parser.failure("a digit is expected here") }
      while parser.scanner.next(isOneOf: digits) { parser.scanner.advance() }
    }
    guard scanner.next(isOneOf: "-" + digits) else { throw failure("a value is expected here") }
    if scanner.next(isOneOf: "-") { scanner.advance() }
    let whole = scanner.position
    try takeDigits(&self)
    guard scanner.text[whole] != UInt8(ascii: "0") || scanner.position == whole + 1 else {
      throw failure("this number starts with 0", at: start)
    }
    if scanner.next(isOneOf: ".") {
      scanner.advance()
      try takeDigits(&self)
    }
    if scanner.next(isOneOf: "eE") {
      scanner.advance()
      if scanner.next(isOneOf: "+-") { scanner.advance() }
      try takeDigits(&self)
    }
    return String(decoding: scanner.text[start..<scanner.position], as: UTF8.self)
  }

  /// The letters that come next and a sign before them: at most as many as a word of JSON or Python has. They are
  /// taken unless they start a number.
  private mutating func word() -> String {
    let rest = scanner.text[scanner.position...].prefix(10)
    let sign = rest.prefix { "+-".utf8.contains($0) }.prefix(1)
    let letters = rest.dropFirst(sign.count).prefix { (0x61...0x7A).contains($0 | 0x20) }
    let word = String(decoding: sign + letters, as: UTF8.self)
    if word != "-" { scanner.advance(by: word.utf8.count) }
    return word
  }

  private func failure(_ problem: String, at place: Int? = nil) -> Failure {
    Failure(offset: place ?? scanner.position, path: nil, problem: problem)
  }
}
