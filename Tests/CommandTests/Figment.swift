import Foundation
import Testing

/// The built command, run as a user would.
struct Figment {
  struct Outcome {
    let status: Int32
    let output: String
    let errors: String
  }

  /// Beside the test bundle, wherever the build put that.
  static let executable: URL = {
    for argument in CommandLine.arguments where argument.contains(".xctest") {
      let folder = URL(fileURLWithPath: argument).path.components(separatedBy: "/figmentPackageTests.xctest")[0]
      let candidate = URL(fileURLWithPath: folder).appendingPathComponent("figment")
      if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
    }
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return package.appendingPathComponent(".build/release/figment")
  }()

  static func process(
    _ arguments: [String], in folder: URL? = nil, environment: [String: String] = [:], shell: String? = nil
  ) -> (process: Process, output: Pipe, errors: Pipe) {
    let process = Process(), output = Pipe(), errors = Pipe()
    if let shell {
      // The command's arguments follow as "$0" "$@".
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-c", shell, executable.path] + arguments
    } else {
      process.executableURL = executable
      process.arguments = arguments
    }
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.currentDirectoryURL = folder
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    return (process, output, errors)
  }

  @discardableResult
  static func run(
    _ arguments: [String], in folder: URL? = nil, environment: [String: String] = [:], shell: String? = nil
  ) throws -> Outcome {
    let (process, output, errors) = process(arguments, in: folder, environment: environment, shell: shell)
    try process.run()
    // Errors are short; reading output first cannot fill the other pipe.
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let messages = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
      output: String(decoding: text, as: UTF8.self), errors: String(decoding: messages, as: UTF8.self))
  }
}

/// A folder with a small data set of 8×8 images, a model configuration to fit, and room for runs.
final class Workplace {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("figment-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: url.appendingPathComponent("data"), withIntermediateDirectories: true)
    try images(40).write(to: path("data/train-images-idx3-ubyte"))
    try labels(40).write(to: path("data/train-labels-idx1-ubyte"))
    try images(12).write(to: path("data/t10k-images-idx3-ubyte"))
    try labels(12).write(to: path("data/t10k-labels-idx1-ubyte"))
    try Data(#"{"imageShape": [8, 8, 1]}"#.utf8).write(to: path("small.json"))
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> URL { url.appendingPathComponent(name) }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name).path) }

  func images(_ count: Int) -> Data {
    var data = header(0x803, [count, 8, 8])
    for image in 0..<count { for pixel in 0..<64 { data.append(UInt8((image * 37 + pixel * 5) % 256)) } }
    return data
  }

  func labels(_ count: Int) -> Data {
    header(0x801, [count]) + Data((0..<count).map { UInt8($0 % 10) })
  }

  private func header(_ magic: UInt32, _ sizes: [Int]) -> Data {
    var data = Data()
    for value in [magic] + sizes.map(UInt32.init) { withUnsafeBytes(of: value.bigEndian) { data.append(contentsOf: $0) } }
    return data
  }

  /// `train vae` on the small data, on the CPU unless the arguments say otherwise.
  @discardableResult
  func train(
    _ arguments: [String] = [], environment: [String: String] = [:], shell: String? = nil
  ) throws -> Figment.Outcome {
    try Figment.run(trainArguments(arguments), in: url, environment: environment, shell: shell)
  }

  func trainArguments(_ more: [String]) -> [String] {
    var arguments = ["train"] + more
    func add(_ flag: String, _ value: String) {
      if !arguments.contains(flag) { arguments += [flag, value] }
    }
    add("--device", "cpu")
    if arguments.contains("--resume") { return arguments }
    arguments.append("vae")
    add("--data", "data")
    add("--config", "small.json")
    add("--batch-size", "4")
    add("--epochs", "2")
    add("--seed", "5")
    add("--output", "run")
    return arguments
  }
}
