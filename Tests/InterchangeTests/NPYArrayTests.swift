import Backends
import Files
import Foundation
import TestSupport
import Testing

@testable import Interchange

func fixture(_ name: String) -> URL { Bundle.module.resourceURL!.appendingPathComponent("Fixtures/\(name)") }

let halves = (0..<24).map { (Float($0) - 5) / 2 }
let whole = (0..<24).map { Float($0) }

@Suite struct NPYArrayTests {
  @Test(arguments: ["little", "big"], ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"])
  func readsEveryTypeInEitherByteOrder(order: String, type: String) throws {
    let array = try NPYArray(contentsOf: fixture("\(order)-\(type).npy"))
    #expect(array.shape == [2, 3, 4])
    #expect(array.values == (type.hasPrefix("f") ? halves : whole))
  }

  @Test(arguments: ["fortran", "version2", "version3"])
  func readsOtherOrdersAndVersions(name: String) throws {
    #expect(try NPYArray(contentsOf: fixture("\(name).npy")).values == halves)
  }

  /// What NumPy reads too: headers of Python 2, without alignment, with other spaces, quotes and orders of the keys,
  /// and types by their names.
  @Test(arguments: [
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L)}", "{'descr':'<f4','fortran_order':False,'shape':(2,3)}",
    "  { \"shape\" : ( 2 , 3 , ) ,\n'fortran_order' : False , u'descr' : u'<f4' , }  \n",
    "{'descr': 'float32', 'fortran_order': False, 'shape': (2, 3)}", "{'descr': 'f', 'fortran_order': False, 'shape': (2, 3)}",
    "{'descr': '=f4', 'fortran_order': False, 'shape': (2, 3)}", "{'descr': '|f4', 'fortran_order': False, 'shape': (2, 3)}",
  ])
  func readsHeadersInEveryForm(header: String) throws {
    let folder = try TemporaryFolder()
    let array = try NPYArray(contentsOf: folder.write(Self.npy(header), "a.npy"))
    #expect(array.shape == [2, 3])
  }

  @Test(arguments: ["python2", "bigfortran", "unaligned"])
  func readsWhatOtherProgramsWrote(name: String) throws {
    let array = try NPYArray(contentsOf: fixture("\(name).npy"))
    #expect(array.shape == [2, 3, 4])
    #expect(array.values == halves)
  }

  @Test func readsBooleansScalarsAndNothing() throws {
    #expect(try NPYArray(contentsOf: fixture("bool.npy")).values == whole.map { $0.truncatingRemainder(dividingBy: 2) })
    #expect(try NPYArray(contentsOf: fixture("scalar.npy")).shape == [])
    #expect(try NPYArray(contentsOf: fixture("scalar.npy")).values == [2.5])
    #expect(try NPYArray(contentsOf: fixture("empty.npy")).shape == [0, 4])
  }

  /// The bytes are those of `numpy.save`.
  @Test(arguments: [
    ("little-f4", [2, 3, 4], halves), ("vector", [3], [0, 1, 2]), ("scalar", [], [2.5]), ("empty", [0, 4], []),
  ])
  func writesWhatNumPyWrites(name: String, dimensions: [Int], values: [Float]) throws {
    let folder = try TemporaryFolder()
    try NPYArray(values, shape: Shape(dimensions)).write(to: folder("a.npy"))
    #expect(try InputFile.contents(of: folder("a.npy")) == InputFile.contents(of: fixture("\(name).npy")))
  }

  /// The bytes are those of an array written as a whole, and the old file stays until all is there.
  @Test func writesInParts() throws {
    let folder = try TemporaryFolder()
    try NPYArray.write(to: folder("a.npy"), shape: [2, 3, 4]) { append in
      for part in [0..<5, 5..<5, 5..<24] { try append(Array(halves[part])) }
    }
    #expect(try InputFile.contents(of: folder("a.npy")) == InputFile.contents(of: fixture("little-f4.npy")))
    struct Interrupted: Error {}
    #expect(throws: Interrupted.self) {
      try NPYArray.write(to: folder("a.npy"), shape: [9]) { append in
        try append([1])
        throw Interrupted()
      }
    }
    #expect(try NPYArray(contentsOf: folder("a.npy")).shape == [2, 3, 4])
    #expect(try folder.names == ["a.npy"])
  }

  @Test func standardOutputGetsTheArrayAlone() throws {
    let pipe = Pipe()
    let name = "/dev/fd/\(pipe.fileHandleForWriting.fileDescriptor)"
    try NPYArray.write(to: URL(fileURLWithPath: name), shape: [2, 3, 4]) { append in try append(halves) }
    try pipe.fileHandleForWriting.close()
    #expect(try pipe.fileHandleForReading.readToEnd() == Data(InputFile.contents(of: fixture("little-f4.npy"))))
  }

  @Test func aWrongNumberOfValuesStopsTheProgram() async {
    let tooFew = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      try NPYArray.write(to: URL(fileURLWithPath: "/dev/null"), shape: [3]) { append in try append([1, 2]) }
    }
    expect(tooFew, says: "2 values do not fill shape [3]")
    let tooMany = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      try NPYArray.write(to: URL(fileURLWithPath: "/dev/null"), shape: [3]) { append in try append([1, 2, 3, 4]) }
    }
    expect(tooMany, says: "4 values are more than fill shape [3]")
  }

  func message(_ bytes: [UInt8]) throws -> String {
    let folder = try TemporaryFolder()
    let url = try folder.write(bytes, "a.npy")
    let error = #expect(throws: InterchangeError.self) { try NPYArray(contentsOf: url) }
    return error.map { "\($0.place): \($0.problem)" } ?? ""
  }

  static func npy(_ header: String, data: Int = 24) -> [UInt8] {
    [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8)
      + [UInt8](repeating: 0, count: data)
  }

  @Test(arguments: [
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", 23, "23 bytes follow"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", 25, "25 bytes follow"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 16)}", 24, "but 24 bytes follow"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 99999999999, 99999999999)}", 0, "but 0 bytes follow"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 16)}", 24, "too large"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 3)}", 24, "a whole number is expected"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3}", 24, "“)” is expected"),
    ("{'descr': '<f4', 'fortran_order': False}", 24, "“shape” is missing"),
    ("{'descr': '<f4', 'shape': (2, 3)}", 24, "“fortran_order” is missing"),
    ("{'fortran_order': True, 'shape': (2, 3)}", 24, "“descr” is missing"),
    ("{'descr': '<f4', 'descr': '<f4'}", 24, "“descr” comes twice"),
    ("{'descr': '<f4', 'colour': '<f4'}", 24, "“colour” is none of"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (6)}", 24, "“,” is expected"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': [2, 3]}", 24, "“(” is expected"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, )}", 24, "but 24 bytes follow"),
    ("{'descr': '<U5', 'fortran_order': False, 'shape': (2, 3)}", 24, "type “<U5”, texts, cannot be read"),
    ("{'descr': '|O', 'fortran_order': False, 'shape': (2, 3)}", 24, "type “|O”, Python objects, cannot be read"),
    ("{'descr': '<f16', 'fortran_order': False, 'shape': (2, 3)}", 24, "floats of an unusual size, cannot be read"),
    ("{'descr': '|V2', 'fortran_order': False, 'shape': (2, 3)}", 24, "bytes of an unknown meaning, cannot be read"),
    ("{'descr': '', 'fortran_order': False, 'shape': (2, 3)}", 24, "type “” cannot be read"),
    ("{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3)}", 24, "“False” is expected"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} x", 24, "follows the closing brace"),
    ("", 24, "“{” is expected"),
  ])
  func wrongHeadersAreNamed(header: String, data: Int, says: String) throws {
    #expect(try message(Self.npy(header, data: data)).contains(says))
  }

  @Test func otherTypesAndFormatsAreNamed() throws {
    #expect(try message(InputFile.contents(of: fixture("complex.npy"))).contains("type “<c8”, complex numbers,"))
    #expect(
      try message(InputFile.contents(of: fixture("records.npy")))
        .contains("the elements are records; save a plain array, one field of it ([(\"a\", \"<f4\"), (\"b\", \"<i4\")]"))
    #expect(
      try message(InputFile.contents(of: fixture("large.npy")))
        == "byte 136: element 1 is 1e+39, which is too large for a 32-bit float")
    #expect(
      try message(InputFile.contents(of: fixture("inexact.npy")))
        == "byte 136: element 1 is 16777217, which a 32-bit float cannot hold exactly")
    #expect(
      try message(Array("PK\u{3}\u{4} a zip file".utf8))
        == "byte 0: a zip archive such as .npz, not a .npy file; save it with numpy.save")
    #expect(try message(Array("a text".utf8)) == "byte 0: not a .npy file; save it with numpy.save")
    #expect(try message(Self.npy("{}").enumerated().map { $0 == 6 ? 9 : $1 }).contains("version 9.0 is unknown"))
  }

  @Test(arguments: ["little-f4", "version3", "fortran", "scalar"])
  func everyTruncationIsAnError(name: String) throws {
    let folder = try TemporaryFolder()
    let whole = try InputFile.contents(of: fixture("\(name).npy"))
    for length in whole.indices {
      let url = try folder.write(Array(whole[..<length]), "a.npy")
      #expect(throws: InterchangeError.self, "cut to \(length) bytes") { try NPYArray(contentsOf: url) }
    }
  }

  /// Any one byte of the header changed is an error or gives an array; nothing stops the program.
  @Test func noChangedByteStopsTheProgram() throws {
    let folder = try TemporaryFolder()
    let whole = try InputFile.contents(of: fixture("fortran.npy"))
    for index in 0..<128 {
      for value: UInt8 in [0, 1, 9, 0x27, 0x2C, 0x30, 0x39, 0x7B, 0x80, 0xFF] {
        var changed = whole
        changed[index] = value
        let url = try folder.write(changed, "a.npy")
        if let array = try? NPYArray(contentsOf: url) { #expect(array.values.count == array.shape.count) }
      }
    }
  }
}
