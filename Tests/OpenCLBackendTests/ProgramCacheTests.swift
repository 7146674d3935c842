import Foundation
import Testing

@testable import OpenCLBackend

/// Compiled programs are found again, and a damaged entry is the same as none.
@Suite struct ProgramCacheTests {
  /// By a program of few kernels: PoCL compiles all of them to give its binary away.
  private func chosen(cachedIn folder: URL) throws -> [Float] {
    let device = try OpenCLBackend(configuration: configuration { $0.cache = .folder(folder.path) })
    let rows = device.gather(device.send([16, 9]), indices: device.send([1, 0]), rows: 2, width: 1)
    return try device.values(of: rows)
  }

  private func entries(in folder: URL) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
  }

  @Test func aSecondRunReadsWhatTheFirstWrote() throws {
    try withTemporaryFolder { folder in
      #expect(try chosen(cachedIn: folder) == [9, 16])
      let files = try entries(in: folder)
      #expect(files.count == 1)
      let written = try Data(contentsOf: files[0])
      #expect(try chosen(cachedIn: folder) == [9, 16])
      #expect(try entries(in: folder).count == 1)
      #expect(try Data(contentsOf: files[0]) == written)
    }
  }

  @Test(arguments: ["", "garbage", "figment program 1 7 00000000000000000000000000000000\ngarbage", "cut", "flipped"])
  func aDamagedEntryIsBuiltAgain(_ damage: String) throws {
    try withTemporaryFolder { folder in
      #expect(try chosen(cachedIn: folder) == [9, 16])
      let file = try #require(try entries(in: folder).first)
      let whole = try Data(contentsOf: file)
      var damaged = Data(damage.utf8)
      if damage == "cut" { damaged = whole.prefix(whole.count / 2) }
      if damage == "flipped" {
        damaged = whole
        damaged[damaged.count - 100] ^= 1
      }
      try damaged.write(to: file)
      #expect(try chosen(cachedIn: folder) == [9, 16])
      #expect(try Data(contentsOf: file) != damaged)
    }
  }

  @Test func aFolderThatCannotBeWrittenIsNoError() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("file")
      try Data("x".utf8).write(to: file)
      #expect(try chosen(cachedIn: file.appendingPathComponent("below")) == [9, 16])
    }
  }

  @Test func theKeyTellsPartsApart() {
    #expect(ProgramCache.key(["ab", "c"]) != ProgramCache.key(["a", "bc"]))
    #expect(ProgramCache.key(["ab", "c"]) == ProgramCache.key(["ab", "c"]))
    #expect(ProgramCache.key([]).count == 32)
  }
}
