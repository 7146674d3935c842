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
    ("{'descr': '<U5', 'fortran_order': False, 'shape': (2, 3)}", 24, "type “<U5” cannot be read"),
    ("{'descr': '', 'fortran_order': False, 'shape': (2, 3)}", 24, "type “” cannot be read"),
    ("{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3)}", 24, "“False” is expected"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} x", 24, "follows the closing brace"),
    ("", 24, "“{” is expected"),
  ])
  func wrongHeadersAreNamed(header: String, data: Int, says: String) throws {
    #expect(try message(Self.npy(header, data: data)).contains(says))
  }

  @Test func otherTypesAndFormatsAreNamed() throws {
    #expect(try message(InputFile.contents(of: fixture("complex.npy"))).contains("type “<c8” cannot be read"))
    #expect(try message(InputFile.contents(of: fixture("records.npy"))).contains("the elements are records"))
    #expect(
      try message(InputFile.contents(of: fixture("inexact.npy")))
        == "byte 136: element 1 is 16777217, which a 32-bit float cannot hold exactly")
    #expect(try message(Array("PK\u{3}\u{4} a zip file".utf8)) == "byte 0: not a .npy file; save it with numpy.save")
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
