/// Changes to JSON that leave it JSON, mostly: what the numbers in a file say is what a reader is tempted to believe.
extension Mutator {
  private static let numbers = [
    "0", "-1", "1", "2", "3", "7", "16", "255", "1024", "65536", "1048576", "2147483647", "2147483648", "4294967296",
    "9007199254740991", "9007199254740992", "9007199254740993", "4611686018427387904", "9223372036854775807",
    "9223372036854775808", "18446744073709551615", "18446744073709551616", "-9223372036854775808", "-9223372036854775809",
    "1e308", "1e400", "-1e400", "1e-400", "0.5", "-0.5", "-0", "1.0", "1e3", "1e18", "1e19", "3.5e38", "1e-45", "0.1", "0.99999999",
    "NaN", "nan", "Infinity", "-Infinity", "01", "+1", ".5", "1.", "0x10", "1e", "--1",
    "123456789012345678901234567890123456789012345678901234567890",
  ]
  private static let words = ["null", "true", "false", "{}", "[]", "\"\"", "[[]]", "{\"\":0}", "\"1\"", "[0]", "[1,2,3]", "None"]

  /// One change or several.
  ///
  /// - Parameter other: Another text of the kind, which values are taken from.
  mutating func json(_ input: [UInt8], other: [UInt8]) -> [UInt8] {
    var json = JSONTokens(input)
    for _ in 0..<changeCount() { change(&json, other: other) }
    return json.text
  }

  private mutating func change(_ json: inout JSONTokens, other: [UInt8]) {
    let values = json.values, names = json.names
    guard !values.isEmpty else { return }
    let value = json.value(at: pick(values))
    // Numbers do most harm, so nearly half of all changes are theirs.
    switch below(18) {
    case 16..., 0...5: replaceNumber(&json)
    case 6: json.tokens.replaceSubrange(value, with: JSONTokens(Array(pick(Self.words).utf8)).tokens)
    case 7: replaceText(&json)
    case 8 where !names.isEmpty:
      let member = json.member(at: pick(names))
      let copies = (0...pick([0, 0, 1, 40])).flatMap { _ in Array(json.tokens[member]) + [.init(.mark, ",")] }
      json.tokens.insert(contentsOf: copies, at: member.lowerBound)
    case 9 where !names.isEmpty:
      let member = json.member(at: pick(names))
      remove(member, from: &json)
    case 10 where !names.isEmpty: json.tokens[pick(names)] = .init(.string, quoted(strangeText(json)))
    case 11:
      // An element of a list, or what would become one.
      let copies = (0...pick([0, 0, 1, 40, 300])).flatMap { _ in Array(json.tokens[value]) + [.init(.mark, ",")] }
      json.tokens.insert(contentsOf: copies, at: value.lowerBound)
    case 12: remove(value, from: &json)
    case 13: nest(value, &json)
    case 14:
      let others = JSONTokens(other), starts = others.values
      if !starts.isEmpty { json.tokens.replaceSubrange(value, with: others.tokens[others.value(at: pick(starts))]) }
    default:
      let second = json.value(at: pick(values))
      json.tokens.replaceSubrange(value, with: Array(json.tokens[second]))
    }
  }

  /// Numbers in quotes are numbers too: seeds and counters are kept so.
  private mutating func replaceNumber(_ json: inout JSONTokens) {
    let numbers = json.indices(of: .number)
    let quotedOnes = json.indices(of: .string).filter { index in
      let inner = json.tokens[index].text.dropFirst().dropLast()
      return !inner.isEmpty && inner.allSatisfy { (0x30...0x39).contains($0) }
    }
    guard !(numbers + quotedOnes).isEmpty else { return }
    let place = pick(numbers + quotedOnes), text = pick(Self.numbers)
    let isNumber = json.tokens[place].kind == .number
    json.tokens[place] = isNumber ? .init(.number, text) : .init(.string, "\"\(text)\"")
  }

  private mutating func replaceText(_ json: inout JSONTokens) {
    let names = Set(json.names), texts = json.indices(of: .string).filter { !names.contains($0) }
    guard !texts.isEmpty else { return }
    json.tokens[pick(texts)] = .init(.string, quoted(strangeText(json)))
  }

  private mutating func strangeText(_ json: JSONTokens) -> String {
    let own = json.indices(of: .string).map { String(decoding: json.tokens[$0].text.dropFirst().dropLast(), as: UTF8.self) }
    switch below(8) {
    case 0: return ""
    case 1: return String(repeating: pick(["a", "é", "👩‍👩‍👧", "\\u0000", "/", "."]), count: pick([100, 5_000, 50_000]))
    case 2:
      return pick([
        "\\u0000", "\\ud800", "\\uDC00\\ud800", "\\n\\r\\u001b[2J", "\\x", "..", "/", "__metadata__", "\u{202E}", "a.b.c", "\u{1}",
      ])
    case 3 where !own.isEmpty: return pick(own) + pick(["", "x", " ", "."])
    case 4 where !own.isEmpty: return String(pick(own).dropLast())
    case 5:
      return pick([
        "cosine", "exponential:1e400", "exponential:0", "exponential:2", "steps:9223372036854775807", "steps:0",
        "epochs:4611686018427387904", "minutes:1e308", "minutes:1e-308", "never", "constant", "steps:1",
      ])
    case 6 where !own.isEmpty: return pick(own).uppercased()
    default: return own.isEmpty ? "" : pick(own)
    }
  }

  private func quoted(_ text: String) -> String { "\"\(text)\"" }

  private mutating func remove(_ range: Range<Int>, from json: inout JSONTokens) {
    // With the comma behind or before it, or without, which makes it no JSON.
    let end = range.upperBound, start = range.lowerBound
    if end < json.tokens.count, json.tokens[end].is(",") {
      json.tokens.removeSubrange(start..<end + 1)
    } else if start > 0, json.tokens[start - 1].is(",") {
      json.tokens.removeSubrange(start - 1..<end)
    } else {
      json.tokens.removeSubrange(range)
    }
  }

  private mutating func nest(_ value: Range<Int>, _ json: inout JSONTokens) {
    let depth = pick([1, 2, 60, 63, 64, 500, 5_000]), isList = happens(onceIn: 2)
    let opening = JSONTokens(Array((isList ? "[" : #"{"a":"#).utf8)).tokens
    json.tokens.insert(
      contentsOf: [JSONTokens.Token](repeating: .init(.mark, isList ? "]" : "}"), count: depth), at: value.upperBound)
    json.tokens.insert(contentsOf: (0..<depth).flatMap { _ in opening }, at: value.lowerBound)
  }
}
