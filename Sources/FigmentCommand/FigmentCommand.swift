import ArgumentParser
import Figment
import Files
import Foundation

/// `figment`: results on standard output, progress and messages on standard error.
@main
struct FigmentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "figment",
    abstract: "Trains generative models on any OpenCL graphics card, or on the CPU.",
    discussion: """
      Start with:  figment train vae --output runs/vae
      Then:        figment generate runs/vae --output grid.png
      """,
    version: "0.1.0",
    subcommands: [
      Devices.self, SummaryCommand.self, Train.self, Generate.self, Predict.self, Upscale.self, Age.self,
      Evaluate.self, DataCommand.self, BenchmarkCommand.self, Manual.self,
    ])

  /// Exit status 0, 1 (failed), 2 (usage) or 130 (interrupted).
  static func main() {
    // A file that outgrows its limit is then an error of the write, which says which file.
    signal(SIGXFSZ, SIG_IGN)
    // Standard descriptors that are closed would be given to files, and messages written into those.
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      _ = open("/dev/null", descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY)
    }
    do {
      try requireCommand(CommandLine.arguments.dropFirst().first)
      var command = try parseAsRoot()
      try command.run()
    } catch let error as ExitCode {
      Foundation.exit(error.rawValue)
    } catch {
      let code = exitCode(for: error)
      if code == .success {
        // --help and --version
        do { try printOutput(fullMessage(for: error)) } catch {
          printError("error: \(error)")
          Foundation.exit(1)
        }
        Foundation.exit(0)
      }
      if code == .validationFailure {
        // The parser's own errors look like ours.
        let message = fullMessage(for: error)
        printError(message.hasPrefix("Error: ") ? "error: " + message.dropFirst("Error: ".count) : message)
        Foundation.exit(2)
      }
      printError("error: \(error)")
      Foundation.exit(isUsage(error) ? 2 : 1)
    }
  }

  /// The parser takes a mistyped command for arguments that nobody asked for.
  private static func requireCommand(_ word: String?) throws(UsageError) {
    let names = configuration.subcommands.map { $0.configuration.commandName ?? "\($0)".lowercased() } + ["help"]
    guard let word, !word.hasPrefix("-"), !names.contains(word) else { return }
    let hint = suggestion(for: word, among: names, otherwise: ".")
    throw UsageError("there is no command “\(word)”\(hint) Commands: \(names.joined(separator: ", "))")
  }

  /// Errors that come from what was typed rather than from what was found.
  private static func isUsage(_ error: any Error) -> Bool {
    error is UnknownModelError || error is DeviceNameError || error is UsageError
  }
}

/// Something typed that cannot be meant.
struct UsageError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// `--device`, for every command that computes.
struct DeviceOption: ParsableArguments {
  @Option(
    help: "Where to compute: auto, reference, cpu, opencl or opencl:N (see 'figment devices'). Default: auto.",
    completion: .devices)
  var device: String?

  /// The device, after warnings about better ones that cannot be used.
  ///
  /// - Parameter name: The device to take if the user names none, which was taken before.
  func select(default name: String = "auto") throws -> DeviceSelection {
    var selection = try DeviceSelection.named(device ?? name)
    if device == nil, name != "auto" { selection.reason = "as before" }
    for warning in selection.warnings {
      printError("warning: \(warning); computing on \(selection.device)")
    }
    return selection
  }
}

extension RunDirectory {
  init(path: String) { self.init(URL(fileURLWithPath: path)) }
}

/// A trained model, found by its run's folder.
struct TrainedModel {
  let settings: RunConfiguration
  let model: any TrainableModel
  let checkpoint: Checkpoint

  init(run path: String, best: Bool, on device: Device) throws {
    let run = RunDirectory(path: path)
    settings = try RunConfiguration(contentsOf: run.configuration)
    if !run.hasCheckpoint {
      throw RunError(path, "the run has no checkpoint yet: it has to be trained first, see 'figment train --help'")
    }
    checkpoint = try Checkpoint(contentsOf: best ? run.bestCheckpoint : run.lastCheckpoint)
    try checkpoint.check(settings)
    model = try settings.makeModel(on: device, from: run.configuration)
    try checkpoint.restore(model)
    model.evaluate()
  }
}

/// What `generate`, `predict` and `evaluate` have in common.
struct TrainedModelOptions: ParsableArguments {
  @Argument(help: "The folder of a training run.", completion: .directory)
  var run: String

  @Flag(help: "Use the checkpoint with the lowest validation loss instead of the last.")
  var best = false

  @OptionGroup var device: DeviceOption

  func load() throws -> TrainedModel {
    try TrainedModel(run: run, best: best, on: device.select().device)
  }
}
