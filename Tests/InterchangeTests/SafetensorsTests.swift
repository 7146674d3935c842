import Backends
import Files
import Foundation
import TestSupport
import Testing

@testable import Interchange

@Suite struct SafetensorsTests {
  @Test func readsEveryTypeThatTheReferenceWrites() throws {
    let file = try SafetensorsFile(contentsOf: fixture("types.safetensors"))
    #expect(file.entries.count == 15)
    for name in ["float64", "float32", "float16", "bfloat16"] { #expect(try file.floats(name) == halves) }
    for name in ["int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8"] {
      #expect(try file.floats(name) == whole)
    }
    #expect(try file.floats("bool") == whole.map { $0.truncatingRemainder(dividingBy: 2) })
    #expect(file.entries["empty"]?.shape == [0, 4])
    #expect(try file.floats("scalar") == [2.5])
    #expect(file.entries["int64"]?.shape == [2, 3, 4])
    #expect(try file.values("int64", as: Int64.self) == (0..<24).map { Int64($0) })
    #expect(file.metadata == ["text": "quote \" backslash \\ line\n é 😀 \u{1}"])
  }

  /// The bytes are those of the `safetensors` package.
  @Test func writesWhatTheReferenceWrites() throws {
    let folder = try TemporaryFolder()
    var writer = SafetensorsWriter()
    writer.metadata["epoch"] = "3 “quoted”\n"
    writer.add("image", [1, 2, 3] as [UInt8], shape: [3])
    writer.add("b.weight", halves, shape: [2, 3, 4])
    writer.add("a.bias", [0.1, .infinity, -0.0] as [Float], shape: [3])
    writer.add("random", [.max, 7] as [UInt64], shape: [2])
    try writer.write(to: folder("a"))
    #expect(try InputFile.contents(of: folder("a")) == InputFile.contents(of: fixture("same.safetensors")))
  }

  @Test func bitsAndTextsComeBackAsTheyWere() throws {
    let folder = try TemporaryFolder()
    let patterns: [UInt32] = [0x7FC0_1234, 0xFF80_0000, 0x8000_0000, 0x0000_0001, 0x7F7F_FFFF, 0x3F80_0001]
    let texts = ["": "", "\"": "\\", "line\nend": "\u{0}\u{1F}\u{7F}", "é": "😀\u{2028}"]
    var writer = SafetensorsWriter()
    writer.metadata = texts
    writer.add("w", patterns.map { Float(bitPattern: $0) }, shape: [2, 3])
    writer.add("counter", [UInt64.max], shape: [])
    writer.add("nothing", [Float](), shape: [0])
    writer.add("a “name” \\ with \"quotes\"", [7] as [UInt32], shape: [1])
    try writer.write(to: folder("a"))
    let file = try SafetensorsFile(contentsOf: folder("a"))
    #expect(file.metadata == texts)
    #expect(try file.values("w", as: Float.self).map(\.bitPattern) == patterns)
    #expect(try file.values("counter", as: UInt64.self) == [.max])
    #expect(file.entries["counter"]?.shape == [])
    #expect(try file.floats("nothing") == [])
    #expect(try file.values("a “name” \\ with \"quotes\"", as: UInt32.self) == [7])
  }

  @Test func askingForTheWrongThingNamesIt() throws {
    let file = try SafetensorsFile(contentsOf: fixture("types.safetensors"))
    var error = #expect(throws: InterchangeError.self) { try file.floats("flaot32") }
    #expect(error?.problem == "there is none of this name; the nearest name is “float32”")
    error = #expect(throws: InterchangeError.self) { try file.values("int32", as: Float.self) }
    #expect(error?.problem == "it is of type I32, not F32")
  }

  /// Weights are floats: what is stored as anything else is not taken for them.
  @Test func integersAreNoWeights() throws {
    let file = try SafetensorsFile(contentsOf: fixture("types.safetensors"))
    for name in ["float64", "float32", "float16", "bfloat16"] { #expect(try file.floatingPointValues(name) == halves) }
    for name in ["int64", "int8", "uint64", "uint8", "bool"] {
      let error = #expect(throws: InterchangeError.self) { try file.floatingPointValues(name) }
      #expect(error?.problem.contains("floats are expected: F16, BF16, F32 or F64") == true)
    }
    #expect(file.entries["bool"]?.type == .bool)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity], [0, 4095, 4096, 9999])
  func whatIsNotFiniteIsFound(value: Float, index: Int) {
    var values = [Float](repeating: -.greatestFiniteMagnitude, count: 10_000)
    #expect(firstNonFinite(in: values) == nil)
    values[index] = value
    values[9999] = value
    #expect(firstNonFinite(in: values) == index)
    #expect(firstNonFinite(in: []) == nil)
  }

  @Test func longNamesAreShortened() throws {
    let name = String(repeating: "n", count: 1_000_000)
    let error = #expect(throws: InterchangeError.self) { try open(Self.file("{\(Self.tensor(name, 4, 0))}")) }
    #expect(error.map { "\($0)".count < 300 } == true)
    let unknown = #expect(throws: InterchangeError.self) { try open(Self.file("{}", data: 0)).floats(name) }
    #expect(unknown.map { "\($0)".count < 300 } == true)
  }

  func open(_ bytes: [UInt8]) throws -> SafetensorsFile {
    let folder = try TemporaryFolder()
    return try SafetensorsFile(contentsOf: folder.write(bytes, "a"))
  }

  static func file(_ header: String, data: Int = 8) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8)
      + [UInt8](repeating: 0, count: data)
  }

  static func tensor(_ name: String, _ begin: Int, _ end: Int, _ shape: String = "[1]") -> String {
    "\"\(name)\":{\"dtype\":\"F32\",\"shape\":\(shape),\"data_offsets\":[\(begin),\(end)]}"
  }

  static let wrong: [(String, Int, String)] = [
    ("{\(tensor("a", 0, 4)),\(tensor("b", 0, 4))}", 4, "belong to another tensor"),
    ("{\(tensor("a", 0, 4)),\(tensor("b", 8, 12))}", 12, "the tensor before ends at 4"),
    ("{\(tensor("a", 4, 8))}", 8, "the tensor before ends at 0"),
    ("{\(tensor("a", 0, 4))}", 8, "4 bytes follow that belong to no tensor"),
    ("{\(tensor("a", 0, 4))}", 3, "the data ends at 3; the file was cut short"),
    ("{\(tensor("a", 4, 0))}", 8, "run backwards"),
    ("{\(tensor("a", 0, 8))}", 8, "do not fit shape [1] of type F32"),
    ("{\(tensor("a", 0, 4, "[4611686018427387904,4]"))}", 4, "do not fit shape"),
    ("{\(tensor("a", 0, 0, "[0,4611686018427387904,4]"))}", 0, "do not fit shape"),
    ("{\(tensor("a", 9223372036854775807, 9223372036854775807, "[0]"))}", 0, "the data ends at 0"),
    ("{\(tensor("a", 0, 9223372036854775807, "[9223372036854775807]"))}", 0, "do not fit shape"),
    ("{\(tensor("a", 0, 9223372036854775804, "[2305843009213693951]"))}", 4, "the data ends at 4"),
    ("{\(tensor("a", 0, 4).replacingOccurrences(of: "[0,4]", with: "[0,9223372036854775808]"))}", 4, "too large"),
    ("{\(tensor("a", 0, 4, "[-1]"))}", 4, "a whole number is expected"),
    ("{\(tensor("a", 0, 4, "[1.0]"))}", 4, "“]” is expected"),
    ("{\(tensor("a", 0, 4, "[99999999999999999999]"))}", 4, "too large"),
    ("{\(tensor("a", 0, 4)),\(tensor("a", 4, 8))}", 8, "two tensors have this name"),
    ("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "“__metadata__” comes twice"),
    ("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", 0, "“a” comes twice"),
    ("{\"__metadata__\":{\"a\":1}}", 0, "“\"” is expected"),
    ("{\"a\":{\"dtype\":\"F4\",\"shape\":[],\"data_offsets\":[0,4]}}", 4, "type “F4” of “a” cannot be read"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "“a” lacks dtype, shape or data_offsets"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4]}}", 4, "“data_offsets” are two numbers"),
    ("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", 4, "“dtype” of “a” is unknown or comes twice"),
    ("{\"\\ud83d\":{}}", 0, "half a surrogate pair"),
    ("{\"\\x\":{}}", 0, "an unknown escape"),
    ("{\"a", 0, "not closed by a quote"),
    (" {}", 0, "is it a safetensors file?"),
    ("{}{}", 0, "follows the closing brace"),
    ("", 0, "“{” is expected"),
  ]

  @Test(arguments: wrong)
  func wrongHeadersAreNamed(header: String, data: Int, says: String) throws {
    let error = #expect(throws: InterchangeError.self) { try open(Self.file(header, data: data)) }
    #expect(error?.problem.contains(says) == true, "\(error.map(String.init(describing:)) ?? "")")
  }

  @Test func headerLengthsAreChecked() throws {
    for (length, says) in [(UInt64.max, "no safetensors file"), (100_000_001, "too long"), (99, "cut short")] {
      let bytes = withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array("{}".utf8)
      let error = #expect(throws: InterchangeError.self) { try open(bytes) }
      #expect(error?.problem.contains(says) == true)
    }
    #expect(try open(Self.file("{}   ", data: 0)).entries.isEmpty)
  }

  @Test(arguments: ["types", "same"])
  func everyTruncationIsAnError(name: String) throws {
    let folder = try TemporaryFolder()
    let whole = try InputFile.contents(of: fixture("\(name).safetensors"))
    for length in whole.indices {
      let url = try folder.write(Array(whole[..<length]), "a")
      #expect(throws: InterchangeError.self, "cut to \(length) bytes") { try SafetensorsFile(contentsOf: url) }
    }
  }

  @Test func noChangedByteStopsTheProgram() throws {
    let folder = try TemporaryFolder()
    let whole = try InputFile.contents(of: fixture("same.safetensors"))
    for index in 0..<304 {
      for value: UInt8 in [0, 1, 0x22, 0x2C, 0x30, 0x39, 0x5C, 0x7B, 0x7D, 0xFF] {
        var changed = whole
        changed[index] = value
        let url = try folder.write(changed, "a")
        guard let file = try? SafetensorsFile(contentsOf: url) else { continue }
        for name in file.names { _ = try? file.floats(name) }
      }
    }
  }
}
