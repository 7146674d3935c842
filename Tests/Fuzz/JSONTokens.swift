/// A JSON text cut into its tokens, so that it can be changed where it means something. Takes anything: a text that is
/// not JSON gives some tokens too.
struct JSONTokens {
  enum Kind: Equatable {
    case string, number, word, mark, space
  }

  struct Token {
    let kind: Kind
    let text: [UInt8]

    init(_ kind: Kind, _ text: some Sequence<UInt8>) { (self.kind, self.text) = (kind, Array(text)) }
    init(_ kind: Kind, _ text: String) { self.init(kind, text.utf8) }

    func `is`(_ mark: Character) -> Bool { kind == .mark && text == [mark.asciiValue!] }
  }

  var tokens: [Token] = []

  init(_ text: [UInt8]) {
    var rest = text[...]
    while let first = rest.first {
      let token: Token
      switch first {
      case UInt8(ascii: "\""):
        var end = rest.startIndex + 1
        while end < rest.endIndex, rest[end] != first { end += rest[end] == UInt8(ascii: "\\") ? 2 : 1 }
        token = Token(.string, rest[..<min(end + 1, rest.endIndex)])
      case _ where "-0123456789".utf8.contains(first): token = Token(.number, rest.prefix { "+-.eE0123456789".utf8.contains($0) })
      case _ where " \t\r\n".utf8.contains(first): token = Token(.space, rest.prefix { " \t\r\n".utf8.contains($0) })
      case _ where "{}[],:".utf8.contains(first): token = Token(.mark, [first])
      default: token = Token(.word, [first] + rest.dropFirst().prefix { !" \t\r\n{}[],:\"".utf8.contains($0) })
      }
      tokens.append(token)
      rest = rest.dropFirst(token.text.count)
    }
    // Between tokens space says nothing.
    tokens.removeAll { $0.kind == .space }
  }

  var text: [UInt8] { tokens.flatMap(\.text) }

  func indices(of kind: Kind) -> [Int] { tokens.indices.filter { tokens[$0].kind == kind } }

  /// The names of members: texts before a colon.
  var names: [Int] { tokens.indices.dropLast().filter { tokens[$0].kind == .string && tokens[$0 + 1].is(":") } }

  /// Where values start: numbers, words, lists, objects, and texts that are no names.
  var values: [Int] {
    let names = Set(names)
    return tokens.indices.filter { index in
      let token = tokens[index]
      return !names.contains(index) && (token.kind != .mark || token.is("{") || token.is("["))
    }
  }

  /// The tokens of the value that starts at `start`.
  func value(at start: Int) -> Range<Int> {
    var depth = 0
    for index in start..<tokens.count {
      if tokens[index].is("{") || tokens[index].is("[") { depth += 1 }
      if tokens[index].is("}") || tokens[index].is("]") { depth -= 1 }
      if depth <= 0 { return start..<index + 1 }
    }
    return start..<tokens.count
  }

  /// The tokens of the member whose name is at `name`, as far as they are there.
  func member(at name: Int) -> Range<Int> {
    name + 2 < tokens.count ? name..<value(at: name + 2).upperBound : name..<tokens.count
  }
}
