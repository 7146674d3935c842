import Foundation
import Testing

/// What shells complete, and the manual page, as `make install` puts them in place.
@Suite struct CompletionTests {
  /// The path of a program of the system, or nil.
  private static func path(_ program: String) -> String? {
    ["/bin", "/usr/bin", "/usr/local/bin"].map { "\($0)/\(program)" }.first(where: FileManager.default.isExecutableFile)
  }

  private func run(_ program: String, _ arguments: [String], in folder: URL) throws -> (status: Int32, output: String) {
    let process = Process(), output = Pipe()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    // The command must be found by its name.
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["PATH": Figment.executable.deletingLastPathComponent().path + ":/usr/bin:/bin", "HOME": folder.path]
    ) { $1 }
    (process.standardInput, process.standardOutput, process.standardError) = (FileHandle.nullDevice, output, output)
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: text, as: UTF8.self))
  }

  private func script(_ shell: String, in place: Workplace) throws -> String {
    let outcome = try Figment.run(["--generate-completion-script", shell])
    #expect(outcome.status == 0)
    let file = place.path(shell == "zsh" ? "_figment" : "figment.\(shell)")
    try Data(outcome.output.utf8).write(to: file)
    return file.path
  }

  /// What is typed, and what must be among the words that are offered.
  static let lines: [(typed: [String], offered: [String])] = [
    (["tr"], ["train"]), (["train", ""], ["vae", "autoencoder", "gan"]), (["summary", ""], ["vae", "dcgan", "srgan"]),
    (["train", "vae", "--data", ""], ["fashion-mnist", "mnist", "sprites", "faces", "photographs", "furniture", "shapes"]),
    (["train", "vae", "--device", ""], ["auto", "reference", "cpu", "opencl"]),
    (["train", "vae", "--preset", ""], ["published"]),
  ]

  @Test(arguments: lines.indices) func bashOffersNames(index: Int) throws {
    let (typed, offered) = Self.lines[index]
    let place = try Workplace(), script = try script("bash", in: place)
    let words = (["figment"] + typed).map { "'\($0)'" }.joined(separator: " ")
    let line = (["figment"] + typed).joined(separator: " ")
    let program = """
      source '\(script)' || exit 9
      COMP_WORDS=(\(words)); COMP_CWORD=\(typed.count); COMP_LINE='\(line)'; COMP_POINT=\(line.count); COMP_TYPE=9
      function=$(complete -p figment | sed 's/.*-F \\([^ ]*\\).*/\\1/')
      $function figment '\(typed.last!)' '\((["figment"] + typed).dropLast().last!)'
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let (status, output) = try run("/bin/bash", ["--norc", "-c", program], in: place.url)
    let replies = output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    #expect(status == 0 && Set(replies).isSuperset(of: offered), "\(output)")
  }

  @Test(.enabled(if: path("fish") != nil, "fish is not installed"), arguments: lines.indices)
  func fishOffersNames(index: Int) throws {
    let (typed, offered) = Self.lines[index]
    let place = try Workplace(), script = try script("fish", in: place)
    let line = (["figment"] + typed).joined(separator: " ")
    let (status, output) = try run(
      Self.path("fish")!, ["--no-config", "-c", "source '\(script)'; complete --do-complete '\(line)'"], in: place.url)
    let replies = output.split(separator: "\n").map { $0.split(separator: "\t").first.map(String.init) ?? "" }
    #expect(status == 0 && Set(replies).isSuperset(of: offered), "\(output)")
  }

  @Test(.enabled(if: path("zsh") != nil, "zsh is not installed")) func zshTakesTheScript() throws {
    let place = try Workplace(), script = try script("zsh", in: place)
    let program = """
      fpath=(\(place.url.path) $fpath); autoload -Uz compinit; compinit -u -d '\(place.path("dump").path)'
      zsh -n '\(script)' && autoload +X _figment && print -r -- $_comps[figment]
      """
    let (status, output) = try run(Self.path("zsh")!, ["-f", "-c", program], in: place.url)
    #expect(status == 0 && output == "_figment\n", "\(output)")
    let text = try String(contentsOfFile: script, encoding: .utf8)
    for offered in Self.lines[1...].flatMap(\.offered) { #expect(text.contains(offered), "\(offered)") }
  }

  @Test func theManualNamesEverySubcommandAndOption() throws {
    let outcome = try Figment.run(["manual"])
    #expect(outcome.status == 0 && outcome.output.hasPrefix(".TH FIGMENT 1"))
    for words in [
      "figment train", "figment data prepare", "figment benchmark", "\\-\\-batch\\-size", "EXIT STATUS",
      "Values: cross\\-entropy, least\\-squares, hinge, wasserstein.", ".SS figment generate \\fIrun\\fR \\fB\\-\\-output\\fR",
    ] {
      #expect(outcome.output.contains(words), "\(words)")
    }
    // Lines that troff would take for macros of its own.
    let macros = [".TH", ".SH", ".SS", ".TP", ".PP", ".B", ".I", ".nf", ".fi", ".nh", ".ad"]
    for line in outcome.output.split(separator: "\n") where line.hasPrefix(".") || line.hasPrefix("'") {
      #expect(macros.contains { line == $0 || line.hasPrefix($0 + " ") }, "\(line)")
    }
    guard let groff = Self.path("groff") else { return }
    let place = try Workplace()
    try Data(outcome.output.utf8).write(to: place.path("figment.1"))
    let (status, output) = try run(groff, ["-man", "-Tutf8", "-ww", "-z", "figment.1"], in: place.url)
    #expect(status == 0 && output.isEmpty, "\(output)")
  }

  @Test func installPutsAllInPlaceAndUninstallTakesItAway() throws {
    let place = try Workplace()
    func make(_ target: String) throws -> (status: Int32, output: String) {
      try run(
        "/usr/bin/make",
        ["-C", TestLibrary.package.path, target, "FIGMENT=\(Figment.executable.path)", "DESTDIR=\(place.url.path)", "PREFIX=/usr"],
        in: place.url)
    }
    let files = [
      "bin/figment", "share/bash-completion/completions/figment", "share/zsh/site-functions/_figment",
      "share/fish/vendor_completions.d/figment.fish", "share/man/man1/figment.1",
    ]
    let installed = try make("install")
    #expect(installed.status == 0, "\(installed.output)")
    for file in files {
      let size = try FileManager.default.attributesOfItem(atPath: place.path("usr/\(file)").path)[.size] as? Int
      #expect(size ?? 0 > 1000, "\(file)")
    }
    let removed = try make("uninstall")
    #expect(removed.status == 0, "\(removed.output)")
    for file in files { #expect(!place.exists("usr/\(file)"), "\(file)") }
  }
}
