import ArgumentParser
import Figment
import Foundation

/// The manual page, made of the same words as the help: `make install` puts it where `man figment` finds it.
struct Manual: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints the manual page, for 'man'.", shouldDisplay: false)

  func run() throws {
    try printOutput(ManualPage(of: HelpDump.Command(FigmentCommand.self)).text)
  }
}

/// What the argument parser tells of a command.
enum HelpDump {
  struct Tree: Decodable {
    let command: Command
  }

  struct Command: Decodable {
    let commandName: String
    let abstract: String?
    let discussion: String?
    let shouldDisplay: Bool
    let subcommands: [Command]?
    let arguments: [Argument]?

    init(_ type: any ParsableCommand.Type) throws {
      var text = ""
      do { _ = try type.parseAsRoot(["--experimental-dump-help"]) } catch { text = type.fullMessage(for: error) }
      self = try JSONDecoder().decode(Tree.self, from: Data(text.utf8)).command
    }
  }

  struct Argument: Decodable {
    struct Name: Decodable {
      let kind: String
      let name: String
    }

    let kind: String
    let abstract: String?
    let valueName: String?
    let defaultValue: String?
    let names: [Name]?
    let allValues: [String]?
    let isOptional: Bool
    let isRepeating: Bool
    let shouldDisplay: Bool
  }
}

/// In the language of troff, with the macros of `man`.
struct ManualPage {
  private(set) var text: String

  init(of command: HelpDump.Command) {
    text = """
      .TH FIGMENT 1 "" "figment \(FigmentCommand.configuration.version)" "User Commands"
      .nh
      .ad l
      .SH NAME
      figment \\- \(ManualPage.escaped(command.abstract ?? ""))
      .SH SYNOPSIS
      .B figment
      .I subcommand
      [\\fIoption\\fR \\&...]
      .SH DESCRIPTION

      """
    add(paragraphs: command.discussion)
    text += ".SH SUBCOMMANDS\n"
    for subcommand in command.subcommands ?? [] where subcommand.shouldDisplay && subcommand.commandName != "help" {
      add(subcommand)
      for part in subcommand.subcommands ?? [] where part.shouldDisplay && part.commandName != "help" {
        add(part, below: subcommand.commandName)
      }
    }
    text += """
      .SH FILES
      .TP
      .I ~/.cache/figment
      Compiled kernels, tuned products, what OpenCL drivers answered, and data sets by their names.
      .SH ENVIRONMENT
      .TP
      .B FIGMENT_CACHE_DIR
      Where these are kept instead, but for data sets.
      .TP
      .B FIGMENT_DATA_DIR
      A folder with a folder for each data set.
      .TP
      .B FIGMENT_DRIVER_SECONDS
      How long an OpenCL driver may take to answer: 20 by default.
      .SH EXIT STATUS
      0 for success, 1 for a failure, 2 for something typed that cannot be meant, 130 for a run that was interrupted, after a
      checkpoint.
      """
  }

  private mutating func add(_ command: HelpDump.Command, below parent: String? = nil) {
    let arguments = (command.arguments ?? []).filter { $0.shouldDisplay && !["help", "version"].contains($0.valueName) }
    let operands = arguments.filter { $0.kind == "positional" }.map { argument in
      let name = argument.value + (argument.isRepeating ? " \\&..." : "")
      return argument.isOptional ? "[\(name)]" : name
    }
    let required = arguments.filter { $0.kind == "option" && !$0.isOptional }.map { "\($0.shownNames) \($0.value)" }
    let options = arguments.count > operands.count + required.count ? ["[\\fIoption\\fR \\&...]"] : []
    text +=
      ".SS " + (["figment", parent, command.commandName].compactMap { $0 } + operands + required + options).joined(separator: " ")
      + "\n"
    text += ManualPage.escaped(command.abstract ?? "") + "\n"
    for argument in arguments {
      text += ".TP\n" + (argument.kind == "positional" ? "" : argument.shownNames)
      text += (argument.kind == "option" ? " " : "") + (argument.kind == "flag" ? "" : argument.value)
      var sentences = [argument.abstract ?? ""]
      if let values = argument.allValues, !values.isEmpty { sentences.append("Values: \(values.joined(separator: ", ")).") }
      if argument.kind != "flag", let value = argument.defaultValue { sentences.append("Default: \(value).") }
      text += "\n" + ManualPage.escaped(sentences.joined(separator: " ")) + "\n"
    }
    if command.discussion != nil { text += ".PP\n" }
    add(paragraphs: command.discussion)
  }

  /// Lines stay lines where they are indented: those are tables.
  private mutating func add(paragraphs discussion: String?) {
    for (index, paragraph) in (discussion ?? "").split(separator: "\n\n").enumerated() {
      let isTable = paragraph.contains("\n  ") || paragraph.contains(":  ")
      text += (index > 0 ? ".PP\n" : "") + (isTable ? ".nf\n" : "")
      text += ManualPage.escaped(String(paragraph)) + "\n" + (isTable ? ".fi\n" : "")
    }
  }

  /// Backslashes and dashes mean something in troff, and so do dots and quotes at the start of a line; it reads ASCII.
  fileprivate static func escaped(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.unicodeScalars.map { scalar -> String in
        switch scalar {
        case "\\": "\\e"
        case "-": "\\-"
        case _ where scalar.isASCII: String(scalar)
        default: String(format: "\\[u%04X]", scalar.value)
        }
      }.joined()
    }
    return lines.map { $0.hasPrefix(".") || $0.hasPrefix("'") ? "\\&" + $0 : $0 }.joined(separator: "\n")
  }
}

extension HelpDump.Argument {
  fileprivate var value: String { "\\fI\(ManualPage.escaped(valueName ?? ""))\\fR" }

  fileprivate var shownNames: String {
    let names = (names ?? []).map { ($0.kind == "short" ? "-" : "--") + $0.name }
    return names.map { "\\fB\(ManualPage.escaped($0))\\fR" }.joined(separator: ", ")
  }
}
