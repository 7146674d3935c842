import Foundation
import TestSupport
import Testing

@testable import Files

@Suite struct WriteAtomicallyTests {
  struct Interrupted: Error {}

  @Test func replacesTheWholeFileAndLeavesNothingBeside() throws {
    let folder = try TemporaryFolder()
    try writeAtomically("a longer first version", to: folder("a.txt"))
    try writeAtomically("second", to: folder("a.txt"))
    #expect(try InputFile.contents(of: folder("a.txt")) == Array("second".utf8))
    #expect(try folder.names == ["a.txt"])
  }

  @Test func failureInTheMiddleKeepsTheOldFile() throws {
    let folder = try TemporaryFolder()
    try writeAtomically("old", to: folder("a.txt"))
    #expect(throws: Interrupted.self) {
      try writeAtomically(to: folder("a.txt")) { file in
        try file.write("half of the ne")
        throw Interrupted()
      }
    }
    #expect(try InputFile.contents(of: folder("a.txt")) == Array("old".utf8))
    #expect(try folder.names == ["a.txt"])
  }

  @Test func keepsPermissionsAndSymbolicLinks() throws {
    let folder = try TemporaryFolder()
    try writeAtomically("old", to: folder("target"))
    chmod(folder("target").path, 0o640)
    symlink("target", folder("link").path)
    try writeAtomically("new", to: folder("link"))
    #expect(try InputFile.contents(of: folder("target")) == Array("new".utf8))
    var status = stat()
    lstat(folder("link").path, &status)
    #expect(status.st_mode & S_IFMT == S_IFLNK)
    stat(folder("target").path, &status)
    #expect(status.st_mode & 0o7777 == 0o640)
  }

  @Test func aFullDeviceIsAnErrorThatSaysSo() throws {
    let error = #expect(throws: FileError.self) {
      try writeAtomically("text", to: URL(fileURLWithPath: "/dev/full"))
    }
    #expect(error?.description == "cannot write /dev/full: the disk is full; make room and try again")
  }

  @Test func unwritablePlacesAreErrorsThatNameThem() throws {
    let folder = try TemporaryFolder()
    var error = #expect(throws: FileError.self) { try writeAtomically("", to: folder("missing/a.txt")) }
    #expect(error?.description == "cannot write \(folder("missing/a.txt").path): its folder does not exist")
    error = #expect(throws: FileError.self) { try writeAtomically("", to: folder.url) }
    #expect(error?.description == "cannot write \(folder.url.path): it is a folder")
    error = #expect(throws: FileError.self) {
      try writeAtomically("", to: URL(fileURLWithPath: "/proc/figment"))
    }
    #expect(error?.description.hasPrefix("cannot write /proc/figment: ") == true)
  }

  @Test func foldersAreMadeAndObstaclesNamed() throws {
    let folder = try TemporaryFolder()
    try createFolder(folder("a/b/c"))
    try createFolder(folder("a/b/c"))
    try writeAtomically("", to: folder("file"))
    var error = #expect(throws: FileError.self) { try createFolder(folder("file")) }
    #expect(error?.reason == "a file of that name is in the way")
    error = #expect(throws: FileError.self) { try createFolder(folder("file/a")) }
    #expect(error?.reason == "part of the path is a file, not a folder")
  }
}

@Suite struct InputFileTests {
  @Test func readsValuesAsTheyLie() throws {
    let folder = try TemporaryFolder()
    try writeAtomically([1, 2, 3] as [UInt32], to: folder("a"))
    let file = try InputFile(folder("a"))
    #expect(file.size == 12)
    #expect(try file.read(UInt32.self, count: 2, at: 4) == [2, 3])
  }

  @Test(arguments: [(4, 0), (1, 12), (1, 13), (Int.max, 0), (Int.max / 2, 4)])
  func readingPastTheEndIsAnError(count: Int, offset: Int) throws {
    let folder = try TemporaryFolder()
    try writeAtomically([1, 2, 3] as [UInt32], to: folder("a"))
    let file = try InputFile(folder("a"))
    #expect(throws: FileError.self) { try file.read(UInt32.self, count: count, at: offset) }
  }

  @Test func foldersAndMissingFilesAreErrors() throws {
    let folder = try TemporaryFolder()
    var error = #expect(throws: FileError.self) { try InputFile(folder.url) }
    #expect(error?.description == "cannot open \(folder.url.path): it is a folder")
    error = #expect(throws: FileError.self) { try InputFile(folder("none")) }
    #expect(error?.description == "cannot open \(folder("none").path): there is no such file")
  }

  @Test func logsGrowAtTheirEnd() throws {
    let folder = try TemporaryFolder()
    for line in ["first\n", "second\n"] {
      let file = try OutputFile(appendingTo: folder("log"))
      try file.write(line)
      try file.synchronize()
    }
    #expect(try InputFile.contents(of: folder("log")) == Array("first\nsecond\n".utf8))
  }
}
