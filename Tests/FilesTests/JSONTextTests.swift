import Files
import Foundation
import TestSupport
import Testing

/// What a text's error says, or “no error”.
private func message(_ text: String, _ body: (JSONText) throws -> Void = { _ in }) -> String {
  message(Array(text.utf8), body)
}

private func message(_ bytes: [UInt8], _ body: (JSONText) throws -> Void = { _ in }) -> String {
  do {
    try body(JSONText(bytes, source: "a.json"))
    return "no error"
  } catch { return "\(error)" }
}

@Suite struct JSONTextTests {
  @Test(arguments: [
    ("null", JSONValue.null), ("true", .bool(true)), ("0", .number(0)), ("-0", .number(0)), ("-1.5e+2", .number(-150)),
    ("\"\"", .string("")), (" [ ] ", .array([])), ("{\r\n\t}", .object([:])),
    ("[1,[2,{}]]", .array([.number(1), .array([.number(2), .object([:])])])),
    (#""\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\uDE00é😀""#, .string("\"\\/\u{8}\u{C}\n\r\tAé😀é😀")),
    (#"{"a":{"":1e3},"b":[false]}"#, .object(["a": .object(["": .number(1000)]), "b": .array([.bool(false)])])),
  ])
  func readsWhatTheStandardAllows(text: String, value: JSONValue) throws {
    #expect(try JSONText(Array(text.utf8), source: "a").decode(JSONValue.self) == value)
  }

  @Test(arguments: [
    ("", "line 1, column 1: the text ends where a value is expected"),
    ("[1,\n 2,]", "line 2, column 4: a value is expected here"),
    ("{\"a\": 1,}", "line 1, column 9: a name in quotes is expected here"),
    ("{\"a\" 1}", "column 6: “:” is expected here"), ("{\"a\": 1 \"b\": 2}", "column 9: “,” or “}” is expected here"),
    ("[1 2]", "column 4: “,” or “]” is expected here"), ("{a: 1}", "column 2: a name in quotes or “}” is expected here"),
    ("{'a': 1}", "column 2: a name in quotes or “}” is expected here"), ("[1", "column 3: “,” or “]” is expected here"),
    ("{\"a\": NaN}", "column 7: “NaN” is no JSON value"), ("[-Infinity]", "column 2: “-Infinity” is no JSON value"),
    ("Infinity", "“Infinity” is no JSON value"), ("None", "“None” is no JSON value"), ("+1", "“+” is no JSON value"),
    ("nullx", "“nullx” is no JSON value"), ("01", "this number starts with 0"), ("-01", "this number starts with 0"),
    ("1.", "a digit is expected here"), (".5", "a value is expected here"), ("1e", "a digit is expected here"),
    ("-", "a digit is expected here"), ("0x10", "something follows the end"), ("1 2", "something follows the end"),
    ("{} // c", "something follows the end"), ("[] ]", "something follows the end"),
    ("\"a", "column 1: this text is not closed by a quote"), ("\"a\nb\"", "column 3: a control character stands in a text"),
    (#""\x41""#, "an unknown escape"), (#""\u12g4""#, "four hexadecimal digits"), (#""\u12"#, "four hexadecimal digits"),
    (#""\ud83d""#, "half a surrogate pair"), (#""\ude00""#, "half a surrogate pair"),
    (#""\ud83d\u0041""#, "half a surrogate pair"), ("\"\\", "an escape is cut short"),
    ("\u{FEFF}{}", "it starts with a byte order mark"), ("{}\u{0}", "something follows the end"),
    ("{\n\"a\": {\"b\": 1,\n\"b\": 2}}", "a.json, line 3, field “a.b”: it comes twice in this object"),
    (#"{"é": 1, "e\u0301": 2}"#, "it comes twice in this object"),
  ])
  func whatTheStandardForbidsIsNamedWithItsPlace(text: String, says: String) {
    #expect(message(text).contains(says), "\(message(text))")
  }

  @Test func bytesThatAreNoTextAreNamed() {
    #expect(message([0x22, 0xFF, 0x22]) == "a.json, line 1, column 2: this text is not UTF-8")
    #expect(message([0x22, 0xED, 0xA0, 0x80, 0x22]) == "a.json, line 1, column 2: this text is not UTF-8")
    #expect(message([0x5B, 0xC3, 0xA9]) == "a.json, line 1, column 2: a value is expected here")
  }

  @Test func depthIsBoundedBeforeTheStackIs() {
    let deep = { String(repeating: "[", count: $0) + String(repeating: "]", count: $0) }
    #expect(message(deep(65)) == "no error")
    #expect(message(deep(66)).contains("more than 64 deep"))
    #expect(message(String(repeating: "{\"a\":[", count: 1_000_000)).contains("more than 64 deep"))
  }

  /// However a text is cut or changed, it is read or refused.
  @Test func noChangedByteStopsTheProgram() {
    let text = Array(#"{"a": [1.5e-3, true, null], "b\u00e9\ud83d\ude00": {"é": "\n"}}"#.utf8)
    for length in text.indices { #expect(message(Array(text[..<length])) != "no error") }
    for index in text.indices {
      for value in UInt8.min...UInt8.max {
        var changed = text
        changed[index] = value
        _ = message(changed) { _ = try $0.decode(JSONValue.self) }
      }
    }
  }

  /// The forms that `json.dumps` has; see the script beside the fixture.
  @Test(arguments: ["default", "compact", "indented", "sorted", "unescaped"])
  func readsWhatPythonWrites(form: String) throws {
    let text = try JSONText(contentsOf: fixture("\(form).json"))
    struct Nested: Decodable, Equatable { var x: [Double?], y: [String: Bool] }
    struct Sample: Decodable, Equatable {
      var text: String, whole: Int, largest: UInt64, least: Int64, float: Double, tiny: Double, large: Double
      var none: Int?, empty: [Int], nested: Nested
    }
    #expect(
      try text.decodeExactly(Sample.self)
        == Sample(
          text: "é \u{1} \u{7F} \u{2028} 😀 \" \\ / \n", whole: -7, largest: .max, least: .min, float: 0.1,
          tiny: .leastNonzeroMagnitude,
          large: 1.7976931348623157e308, none: nil, empty: [], nested: Nested(x: [1.5, nil], y: ["a": true])))
  }

  @Test func whatPythonWritesBeyondTheStandardIsRefused() {
    let error = #expect(throws: JSONError.self) { try JSONText(contentsOf: fixture("nan.json")) }
    #expect(error?.problem == "“NaN” is no JSON value")
  }

  @Test func filesThatNoSettingsFillAreRefusedBeforeTheyAreRead() throws {
    let folder = try TemporaryFolder()
    let url = try folder.write(Array("{}".utf8), "a.json")
    #expect(truncate(url.path, 1 << 40) == 0)
    let error = #expect(throws: FileError.self) { try JSONText(contentsOf: url) }
    #expect(error?.reason == "it has 1099511627776 bytes, more than the 268435456 such a file can have")
  }

  private func fixture(_ name: String) -> URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/\(name)")
  }
}

@Suite struct JSONDecodingTests {
  enum Sampler: String, Codable, CaseIterable { case corrected, original }

  struct Optimizer: Codable, Equatable {
    var learningRate: Float = 0.001
    var schedule: String?
  }

  struct Settings: Codable, Equatable {
    var batchSize = 128
    var seed: UInt64 = 7
    var klWeight: Float = 5e-4
    var sampler = Sampler.corrected
    var imageShape = [28, 28, 1]
    var patience: Int?
    var optimizer = Optimizer()
  }

  struct Empty: Codable { init() {} }

  static let text = """
    {
      "batchSize": 64, "seed": 18446744073709551615, "klWeight": 1e-3, "sampler": "original",
      "imageShape": [32, 32, 3],
      "optimizer": {"learningRate": 0.1}
    }
    """

  @Test func valuesArriveAsWritten() throws {
    let settings = try JSONText(Array(Self.text.utf8), source: "a").decodeExactly(Settings.self)
    #expect(
      settings
        == Settings(
          batchSize: 64, seed: .max, klWeight: 1e-3, sampler: .original, imageShape: [32, 32, 3], patience: nil,
          optimizer: Optimizer(learningRate: 0.1, schedule: nil)))
  }

  @Test func whatIsEncodedComesBack() throws {
    let settings = Settings(seed: 1 << 63, patience: 3, optimizer: Optimizer(learningRate: 1e-30, schedule: "é\n"))
    let text = try JSONText(JSONEncoder().encode(settings), source: "a")
    #expect(try text.decodeExactly(Settings.self) == settings)
    let value = try JSONValue(encoding: settings)
    #expect(try JSONText(value.data, source: "a").decodeExactly(Settings.self) == settings)
    #expect(try JSONDecoder().decode(JSONValue.self, from: value.data) == value)
  }

  @Test func aFileNamesOnlyWhatDiffers() throws {
    let text = try JSONText(Array("{\"seed\": 3, \"patience\": 2}".utf8), source: "a")
    #expect(try text.decode(Settings.self, over: Settings(batchSize: 5)) == Settings(batchSize: 5, seed: 3, patience: 2))
    #expect(try JSONText(Array("{}".utf8), source: "a").decode(Settings.self, over: Settings()) == Settings())
  }

  /// Each a change of the text above, and what is said of it.
  @Test(arguments: [
    ("64", "\"64\"", "a.json, line 2, field “batchSize”: “64” is not a whole number"),
    ("64", "64.5", "line 2, field “batchSize”: 64.5 is not a whole number"),
    ("64", "null", "line 2, field “batchSize”: null is not a whole number"),
    ("64", "9223372036854775808", "9223372036854775808 is more than 9223372036854775807"),
    ("64", "-9223372036854775809", "-9223372036854775809 is less than -9223372036854775808"),
    ("64", "1e400", "1e400 is more than 9223372036854775807"),
    ("18446744073709551615", "-1", "field “seed”: -1 is less than 0"),
    ("18446744073709551615", "1e19", "1e19 is not written with all its digits"),
    ("1e-3", "1e39", "field “klWeight”: 1e39 is too large for a 32-bit number"),
    ("1e-3", "-1e999", "-1e999 is too large for a 32-bit number"),
    ("1e-3", "[1]", "field “klWeight”: a list is not a number"), ("1e-3", "true", "true is not a number"),
    ("\"original\"", "\"orignal\"", "field “sampler”: “orignal” is not one of corrected, original; did you mean “original”?"),
    ("\"original\"", "7", "field “sampler”: 7 is not a text in quotes"),
    ("[32, 32, 3]", "[32, 32.5, 3]", "line 3, field “imageShape.1”: 32.5 is not a whole number"),
    ("[32, 32, 3]", "{}", "field “imageShape”: an object is not a list, “[…]”"),
    ("{\"learningRate\": 0.1}", "0.1", "line 4, field “optimizer”: 0.1 is not an object, “{…}”"),
    ("0.1", "\"fast\"", "line 4, field “optimizer.learningRate”: “fast” is not a number"),
    ("\"learningRate\"", "\"learningrate\"", "line 4, field “optimizer.learningRate”: it is missing; is it “learningrate”?"),
    ("\"batchSize\": 64, ", "", "line 1, field “batchSize”: it is missing"),
    (
      "{\"learningRate\"", "{\"scedule\": \"cosine\", \"learningRate\"",
      "line 4, field “optimizer.scedule”: there is no such field; did you mean “schedule”?"
    ),
    ("\"seed\"", "\"colour\": 1, \"seed\"", "line 2, field “colour”: there is no such field"),
  ])
  func whatDoesNotFitIsNamedWithItsPlace(old: String, new: String, says: String) {
    let changed = Self.text.replacingOccurrences(of: old, with: new)
    let said = message(changed) { _ = try $0.decodeExactly(Settings.self) }
    #expect(said.hasSuffix(says), "\(said)")
  }

  @Test func fieldsThatNobodyAskedForAreRefusedOrNot() {
    #expect(message("{\"a\": 1}") { _ = try $0.decodeExactly(Empty.self) }.contains("“a”: there is no such field"))
    #expect(message("{\"a\": 1}") { _ = try $0.decode(Empty.self, over: Empty()) }.contains("no such field"))
    #expect(message("{\"a\": 1}") { _ = try $0.decode(Empty.self) } == "no error")
    #expect(message("{\"a\": {\"b\": 1}}") { _ = try $0.decodeExactly([String: JSONValue].self) } == "no error")
    #expect(
      message("{\"pateince\": 1}") { _ = try $0.decode(Settings.self, over: Settings()) }
        .contains("field “pateince”: there is no such field; did you mean “patience”?"))
    #expect(message("[]") { _ = try $0.decode(Settings.self, over: Settings()) }.contains("a list is not an object"))
  }

  /// Defaults without a JSON form may come from a flag, so they are an error too.
  @Test func defaultsThatAreNoNumberAreAnError() {
    #expect(
      message("{}") { _ = try $0.decode(Settings.self, over: Settings(klWeight: .infinity)) }
        .contains("what it is put over cannot be written as JSON"))
  }

  @Test func callersNameTheLineOfAValueThatIsOutOfRange() throws {
    let text = try JSONText(Array(Self.text.utf8), source: "a.json", firstLine: 10)
    #expect(text.line(of: "optimizer.learningRate") == 13)
    #expect(text.line(of: "imageShape.2") == 12)
    #expect(text.line(of: "imageShape.3") == nil)
    #expect(text.line(of: "patience") == nil)
    #expect("\(text.error(in: "batchSize", "-1 is not at least 1"))" == "a.json, line 11, field “batchSize”: -1 is not at least 1")
    let dotted = try JSONText(Array("{\"a.b\": {\"c\": 1}, \"a\": [2]}".utf8), source: "a")
    #expect(dotted.line(of: "a.b.c") == 1)
    #expect(dotted.line(of: "a.0") == 1)
  }

  @Test func wholeNumbersThatJSONValueCannotHoldAreRefused() {
    #expect(message("{\"a\": 9007199254740993}") { _ = try $0.decode(JSONValue.self) }.contains("cannot hold exactly"))
    #expect(message("[1e400]") { _ = try $0.decode(JSONValue.self) }.contains("field “0”: 1e400 is too large"))
  }

  @Test func aLongKeyIsShortenedAndLookedUpAtOnce() {
    let key = String(repeating: "k", count: 3_000_000)
    let start = ContinuousClock.now
    let said = message("{\"\(key)\": 1}") { _ = try $0.decode(Settings.self, over: Settings()) }
    #expect(said.hasSuffix(": there is no such field"))
    #expect(said.count < 150)
    #expect(ContinuousClock.now - start < .seconds(5))
  }
}
