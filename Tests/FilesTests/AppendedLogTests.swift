import Foundation
import TestSupport
import Testing

@testable import Files

@Suite struct AppendedLogTests {
  func text(_ url: URL) throws -> String { String(decoding: try InputFile.contents(of: url), as: UTF8.self) }

  @Test func linesAddUpOverOpenings() throws {
    let folder = try TemporaryFolder()
    for line in ["first", "zweite é", ""] {
      let log = try AppendedLog(linesOf: folder("log"))
      #expect(log.droppedCount == 0)
      try log.append(line: line)
      #expect(try text(folder("log")).utf8.count == log.size)
    }
    #expect(try text(folder("log")) == "first\nzweite é\n\n")
  }

  @Test(arguments: [
    ("{\"epoch\":1}\n{\"epo", "{\"epoch\":1}\n", "{\"epo"), ("{\"epo", "", "{\"epo"), ("a\r\nb\r", "a\r\n", #"b\r"#),
  ])
  func anUnfinishedLineIsDroppedAndTold(left: String, kept: String, dropped: String) throws {
    let folder = try TemporaryFolder()
    let url = try folder.write(Array(left.utf8), "log")
    let log = try AppendedLog(linesOf: url)
    #expect(log.droppedText == dropped)
    #expect(log.droppedCount == left.utf8.count - kept.utf8.count)
    #expect(try text(url) == kept)
    try log.append(line: "next")
    #expect(try text(url) == kept + "next\n")
  }

  /// A power loss may leave blocks that were never written behind the last line.
  @Test func megabytesOfZerosAreDropped() throws {
    let folder = try TemporaryFolder()
    let url = try folder.write(Array("a\n".utf8) + [UInt8](repeating: 0, count: 3_000_000), "log")
    let log = try AppendedLog(linesOf: url)
    #expect(log.droppedCount == 3_000_000)
    #expect(log.droppedText.count < 500)
    #expect(try text(url) == "a\n")
  }

  @Test func recordsAreKeptAsFarAsTheyAreWhole() throws {
    let folder = try TemporaryFolder()
    let url = try folder.write([1, 2, 3, 4, 5, 6, 7], "log")
    let log = try AppendedLog(url) { file in file.size / 3 * 3 }
    try log.append([8, 9, 10], synchronizing: false)
    try log.synchronize()
    #expect(try InputFile.contents(of: url) == [1, 2, 3, 4, 5, 6, 8, 9, 10])
  }

  /// The disk takes the first half of a line: the log stays whole, the error says why, and goes on once there
  /// is room.
  @Test func aShortWriteIsTakenBack() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let log = try AppendedLog(linesOf: folder("log"))
      try log.append(line: "whole")
      signal(SIGXFSZ, SIG_IGN)
      let unlimited = rlim_t(bitPattern: -1)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), [rlimit(rlim_cur: 10, rlim_max: unlimited)])
      let error = #expect(throws: FileError.self) { try log.append(line: "longer than the room that is left") }
      #expect(error?.reason == "it would exceed the largest file size allowed (see `ulimit -f`)")
      #expect(log.size == 6)
      #expect(try InputFile.contents(of: folder("log")) == Array("whole\n".utf8))
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), [rlimit(rlim_cur: unlimited, rlim_max: unlimited)])
      try log.append(line: "next")
      #expect(try InputFile.contents(of: folder("log")) == Array("whole\nnext\n".utf8))
    }
  }

  @Test func placesWhereNoLogCanBeAreErrors() throws {
    let folder = try TemporaryFolder()
    var error = #expect(throws: FileError.self) { try AppendedLog(linesOf: folder("none/log")) }
    #expect(error?.description.hasSuffix("its folder does not exist") == true)
    mkfifo(folder("pipe").path, 0o600)
    error = #expect(throws: FileError.self) { try AppendedLog(linesOf: folder("pipe")) }
    #expect(error?.description.hasSuffix("it is not a regular file") == true)
  }

  @Test(arguments: [
    ("", []), ("\n", [""]), ("a", ["a"]), ("a\nb\n", ["a", "b"]), ("a\r\nb\r\n\r\nc", ["a", "b", "", "c"]),
    ("a\rb\n", ["a\rb"]),
  ])
  func linesEndInEitherWay(text: String, expected: [String]) {
    let found = lines(of: Array(text.utf8))
    #expect(found.map { String(decoding: $0.bytes, as: UTF8.self) } == expected)
    #expect(found.map(\.number) == Array(1..<expected.count + 1))
  }
}

@Suite struct LeftoverTests {
  /// A process that is no more.
  func deadProcess() throws -> pid_t {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/true")
    try process.run()
    process.waitUntilExit()
    return process.processIdentifier
  }

  @Test func onlyOurOwnTemporaryFilesGo() throws {
    let folder = try TemporaryFolder()
    let dead = try deadProcess()
    let leftovers = [".a.txt.\(dead).1z141z3.partial", ".model.safetensors.\(dead).0.partial", ".x.\(getpid()).zz.partial"]
    let others = [
      "a.txt", "a.partial", ".a.partial", ".a.txt.\(dead).ZZ.partial", ".a.txt.\(dead).zzzzzzzz.partial",
      ".a.txt.0\(dead).zz.partial", ".a.txt.-1.zz.partial", "a.txt.\(dead).zz.partial", ".\(dead).zz.partial",
      ".a.txt.\(dead).zz.partial2", ".a.txt.\(dead).01.partial", ".a.txt.1.zz.partial", ".a.99999999999.zz.partial",
    ]
    for name in leftovers + others { _ = try folder.write([1], name) }
    try createFolder(folder(".folder.\(dead).zz.partial"))
    symlink("a.txt", folder(".link.\(dead).zz.partial").path)
    #expect(try removeLeftovers(in: folder.url) == leftovers.sorted())
    #expect(try folder.names == (others + [".folder.\(dead).zz.partial", ".link.\(dead).zz.partial"]).sorted())
    #expect(try removeLeftovers(in: folder("none")) == [])
  }

  @Test func whatAWriterLeavesWhenItIsKilledIsFoundAgain() throws {
    let folder = try TemporaryFolder()
    try writeAtomically(to: folder("model.v2.safetensors")) { _ in
      let names = try folder.names
      #expect(names.count == 1)
      #expect(TemporaryName(names[0])?.process == getpid())
    }
  }
}

@Suite struct OpenDescriptorTests {
  /// What stands for an open descriptor is continued there, not written from its start or replaced.
  @Test(arguments: ["/dev/fd/", "/proc/self/fd/"])
  func isWrittenWhereItStands(prefix: String) throws {
    let folder = try TemporaryFolder()
    let descriptor = open(folder("out").path, O_WRONLY | O_CREAT, 0o600)
    defer { close(descriptor) }
    #expect(write(descriptor, "header\n", 7) == 7)
    try writeAtomically("array", to: URL(fileURLWithPath: "\(prefix)\(descriptor)"))
    #expect(write(descriptor, "\n", 1) == 1)
    #expect(try InputFile.contents(of: folder("out")) == Array("header\narray\n".utf8))
    #expect(try folder.names == ["out"])
  }

  @Test func aPipeGetsTheBytesAlone() throws {
    let pipe = Pipe()
    try writeAtomically("array", to: URL(fileURLWithPath: "/dev/fd/\(pipe.fileHandleForWriting.fileDescriptor)"))
    try pipe.fileHandleForWriting.close()
    #expect(try pipe.fileHandleForReading.readToEnd() == Data("array".utf8))
  }

  @Test func aClosedDescriptorIsAnError() {
    let error = #expect(throws: FileError.self) { try writeAtomically("", to: URL(fileURLWithPath: "/dev/fd/9999")) }
    #expect(error?.description == "cannot write /dev/fd/9999: Bad file descriptor")
  }
}
