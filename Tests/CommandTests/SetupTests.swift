import Foundation
import Testing

/// What `make` says on a machine that lacks something, before it builds anything.
@Suite struct SetupTests {
  /// `make setup` where the path has the tools that it needs, and `programs` by their scripts.
  private func setup(_ programs: [String: String]) throws -> (status: Int32, output: String) {
    let place = try Workplace(), folder = place.path("bin")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for tool in ["sh", "make", "grep", "sed", "cat", "rm", "xargs", "echo"] {
      let path = try #require(
        ["/usr/bin", "/bin"].map { "\($0)/\(tool)" }.first(where: FileManager.default.isExecutableFile), "\(tool)")
      try FileManager.default.createSymbolicLink(atPath: folder.path + "/" + tool, withDestinationPath: path)
    }
    for (name, script) in programs {
      let file = folder.appendingPathComponent(name)
      try Data("#!/bin/sh\n\(script)\n".utf8).write(to: file)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    }
    // Where it may write.
    try FileManager.default.copyItem(at: TestLibrary.package.appendingPathComponent("Makefile"), to: place.path("Makefile"))
    let outcome = try Figment.run([], in: place.url, environment: ["PATH": folder.path], shell: "exec make setup 2>&1")
    return (outcome.status, outcome.output)
  }

  static let allInstalled = ["dpkg-query": "echo install ok installed", "id": "echo 1000", "apt-get": "exit 1"]
  static let works = ["swift": "exit 0", "clang": "exit 0"]

  @Test func nothingIsSaidWhereNothingIsMissing() throws {
    let (status, output) = try setup(Self.allInstalled.merging(Self.works) { $1 })
    #expect(status == 0 && !output.contains("missing"), "\(output)")
  }

  @Test func withoutRootOneMessageNamesWhatBothCommandsNeed() throws {
    let (status, output) = try setup(Self.allInstalled.merging(["dpkg-query": "exit 1"]) { $1 })
    #expect(status != 0 && output.contains("Ask for this"), "\(output)")
    let lines = output.split(separator: "\n").filter { $0.contains("apt-get install") }
    #expect(lines.count == 1, "\(output)")
    for package in ["g++", "libncurses6", "pkg-config", "libdnnl-dev", "dataset-fashion-mnist", "oclgrind", "python3-venv"] {
      #expect(lines.first?.contains(" " + package) == true, "\(package): \(output)")
    }
  }

  @Test func aSwiftThatDoesNotStartNamesItsLibrary() throws {
    let failing =
      "echo 'swift: error while loading shared libraries: libncurses.so.6: cannot open shared object file' >&2; exit 127"
    let (status, output) = try setup(Self.allInstalled.merging(["swift": failing, "clang": "exit 0"]) { $1 })
    #expect(status != 0 && output.contains("swift does not start: the library libncurses.so.6 is missing"), "\(output)")
    #expect(output.contains("libncurses6"), "\(output)")
    let none = try setup(Self.allInstalled)
    #expect(none.status != 0 && none.output.contains("Swift 6.1 or newer is missing"), "\(none.output)")
  }

  @Test func theReadmeNamesThePackagesThatSwiftNeeds() throws {
    func text(_ name: String) throws -> String {
      try String(contentsOf: TestLibrary.package.appendingPathComponent(name), encoding: .utf8)
    }
    let packages = try #require(try text("Makefile").firstMatch(of: /SWIFT_PACKAGES := (.+)/)?.1)
    #expect(try text("README.md").contains("\nsudo apt-get install -y --no-install-recommends \(packages)\n"))
  }
}
