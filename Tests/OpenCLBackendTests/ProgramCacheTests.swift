import Foundation
import Testing

@testable import OpenCLBackend

/// Compiled programs are found again, and a damaged entry is the same as none.
@Suite struct ProgramCacheTests {
  private func square(cachedIn folder: URL) throws -> [Float] {
    let device = try OpenCLBackend(configuration: configuration { $0.cache = .folder(folder.path) })
    return try device.values(of: device.unary(.square, device.send([3, -4])))
  }

  private func entries(in folder: URL) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
  }

  @Test func aSecondRunReadsWhatTheFirstWrote() throws {
    try withTemporaryFolder { folder in
      #expect(try square(cachedIn: folder) == [9, 16])
      let files = try entries(in: folder)
      #expect(files.count == 1)
      let written = try Data(contentsOf: files[0])
      #expect(try square(cachedIn: folder) == [9, 16])
      #expect(try entries(in: folder).count == 1)
      #expect(try Data(contentsOf: files[0]) == written)
    }
  }

  @Test(arguments: ["", "garbage", "figment program 1 7 00000000000000000000000000000000\ngarbage", "cut", "flipped"])
  func aDamagedEntryIsBuiltAgain(_ damage: String) throws {
    try withTemporaryFolder { folder in
      #expect(try square(cachedIn: folder) == [9, 16])
      let file = try #require(try entries(in: folder).first)
      let whole = try Data(contentsOf: file)
      var damaged = Data(damage.utf8)
      if damage == "cut" { damaged = whole.prefix(whole.count / 2) }
      if damage == "flipped" {
        damaged = whole
        damaged[damaged.count - 100] ^= 1
      }
      try damaged.write(to: file)
      #expect(try square(cachedIn: folder) == [9, 16])
      #expect(try Data(contentsOf: file) != damaged)
    }
  }

  @Test func aFolderThatCannotBeWrittenIsNoError() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("file")
      try Data("x".utf8).write(to: file)
      #expect(try square(cachedIn: file.appendingPathComponent("below")) == [9, 16])
    }
  }

  @Test func theKeyTellsPartsApart() {
    #expect(ProgramCache.key(["ab", "c"]) != ProgramCache.key(["a", "bc"]))
    #expect(ProgramCache.key(["ab", "c"]) == ProgramCache.key(["ab", "c"]))
    #expect(ProgramCache.key([]).count == 32)
  }
}
