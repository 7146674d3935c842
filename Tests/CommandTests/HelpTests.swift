import Testing

/// Help and usage on narrow terminals.
@Suite struct HelpTests {
  static let commands = [
    [], ["devices"], ["summary"], ["train"], ["generate"], ["predict"], ["evaluate"], ["data"], ["data", "show"],
    ["data", "prepare"], ["benchmark"],
  ]

  @Test(arguments: commands) func helpFitsSixtyColumns(command: [String]) throws {
    let outcome = try Figment.run(command + ["--help"], environment: ["COLUMNS": "60"])
    let lines = outcome.output.split(separator: "\n")
    #expect(outcome.status == 0 && lines.count > 5)
    #expect(lines.allSatisfy { $0.count <= 60 }, "\(lines.filter { $0.count > 60 })")
  }
}
