import Foundation
import Testing

/// Libraries of C that stand for drivers, built once and kept beside the test bundle.
enum TestLibrary {
  static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static func build(_ name: String, _ arguments: [String], source: String? = nil) throws -> URL {
    let folder = Figment.executable.deletingLastPathComponent()
    let library = folder.appendingPathComponent("\(name).so"), own = folder.appendingPathComponent(".\(name).\(getpid()).so")
    let compiler = Process(), input = Pipe()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments =
      ["clang", "-shared", "-fPIC", "-o", own.path] + (source == nil ? [] : ["-x", "c", "-"]) + arguments
    compiler.standardInput = input
    try compiler.run()
    try input.fileHandleForWriting.write(contentsOf: Data((source ?? "").utf8))
    try input.fileHandleForWriting.close()
    compiler.waitUntilExit()
    try #require(compiler.terminationStatus == 0, "clang, which comes with Swift, compiles a library")
    try #require(rename(own.path, library.path) == 0)
    return library
  }
}
