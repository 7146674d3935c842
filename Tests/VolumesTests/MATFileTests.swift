import Foundation
import Interchange
import TestSupport
import Testing
import Volumes

@Suite struct MATFileTests {
  static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

  /// What `Fixtures/make.py` made, `[x, y, z]` with z up.
  static func isFull(_ x: Int, _ y: Int, _ z: Int) -> Bool { (x * 3 + y * 5 + z) % 4 == 0 }

  @Test(arguments: ["uint8", "int16", "single", "double", "int64", "logical"], ["", "-compressed"])
  func readsEveryClassOfNumbers(name: String, suffix: String) throws {
    let volume = try Volume.volumes(in: Self.fixtures.appending(path: "\(name)\(suffix).mat"))[0]
    // ModelNet's second axis leads to the back, its third up.
    #expect(volume.shape == [6, 7, 5])
    for x in 0..<5 {
      for y in 0..<6 { for z in 0..<7 { #expect(volume[5 - y, z, x] == (Self.isFull(x, y, z) ? 1 : 0)) } }
    }
  }

  @Test func takesAnArrayWithTheYAxisUpAsItLies() throws {
    let volume = try Volume.volumes(in: Self.fixtures.appending(path: "uint8.mat"), up: .y)[0]
    #expect(volume.shape == [5, 6, 7])
    for z in 0..<5 { for y in 0..<6 { for x in 0..<7 { #expect(volume[z, y, x] == (Self.isFull(z, y, x) ? 1 : 0)) } } }
  }

  @Test func findsAVariableBehindOthersAndByAnotherName() throws {
    let first = try Volume.volumes(in: Self.fixtures.appending(path: "uint8.mat"))
    #expect(try Volume.volumes(in: Self.fixtures.appending(path: "second.mat")) == first)
    #expect(try Volume.volumes(in: Self.fixtures.appending(path: "other-name.mat"), variable: "voxels") == first)
  }

  func message(_ url: URL) -> String {
    do {
      _ = try Volume.volumes(in: url)
      return "no error"
    } catch { return "\(error)" }
  }

  @Test(arguments: [
    ("other-name", "variable “instance”: there is none of this name, only “voxels”"),
    ("matrix", "its size is 4×4; a volume has three axes"),
    ("large-values", "is 255.0, but occupancies lie from 0 (empty) to 1 (full)"),
    ("text", "it is a text, not an array of numbers"),
    ("complex", "it has complex numbers"),
    ("sparse", "it is a sparse matrix, not an array of numbers"),
    ("level-4", "this is no MATLAB file of level 5; save it with “-v7” in MATLAB, or with scipy.io.savemat"),
  ])
  func saysWhatIsWrongWithAFile(name: String, problem: String) {
    let message = message(Self.fixtures.appending(path: "\(name).mat"))
    #expect(message.contains("\(name).mat, ") && message.contains(problem), "\(message)")
  }

  @Test func saysThatFormat73IsHDF5AndWhatIsCutShort() throws {
    let folder = try TemporaryFolder()
    let later = try folder.write(
      Array("MATLAB 7.3 MAT-file, Platform: GLNXA64".utf8) + [UInt8](repeating: 0x20, count: 500), "later.mat")
    #expect(message(later).contains("later.mat, byte 0: this is MATLAB's format 7.3, which is HDF5; save it with “-v7” there"))
    for name in ["double", "double-compressed"] {
      let whole = [UInt8](try Data(contentsOf: Self.fixtures.appending(path: "\(name).mat")))
      for count in [0, 100, 130, 150, whole.count - 30] {
        let message = message(try folder.write(Array(whole[..<count]), "short.mat"))
        #expect(message.contains("short.mat, "), "\(name) \(count): \(message)")
      }
    }
  }
}
