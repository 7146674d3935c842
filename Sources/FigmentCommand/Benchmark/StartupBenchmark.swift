import Figment
import Foundation

/// How long a new process takes: until it has printed its help, or the devices that it remembers, and until the first training step of the VAE
/// is done with nothing compiled before, and with everything.
enum StartupBenchmark {
  static func measure(on device: Device) throws -> [BenchmarkResult] {
    let caches = FileManager.default.temporaryDirectory.appending(path: "figment-startup-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: caches, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: caches) }
    // Where this program and the drivers keep compiled kernels.
    let environment = Dictionary(
      uniqueKeysWithValues: ["XDG_CACHE_HOME", "POCL_CACHE_DIR", "CUDA_CACHE_PATH"].map { ($0, caches.path) })

    func result(_ name: String, _ milliseconds: Double) -> BenchmarkResult {
      var result = BenchmarkResult(name: name, device: device.identifier)
      result.medianMs = milliseconds
      return result
    }
    let help = try (0..<9).map { _ in try time(["--help"], environment) }.sorted()[4]
    _ = try time(["devices"], environment)
    let devices = try (0..<9).map { _ in try time(["devices"], environment) }.sorted()[4]
    // The fewest steps that 'steps' takes are seven; the time of six is taken off.
    let steps = [
      "benchmark", "steps", "vae", "--batch-size", "16", "--device", device.identifier, "--seconds", "1e-3",
    ]
    let cold = try time(steps, environment)
    let warm = try (0..<3).map { _ in try time(steps, environment) }.sorted()[1]
    let step = try StepBenchmark.named("vae").measure(seconds: 1, batchSize: 16, on: device).medianMs ?? 0
    return [
      result("the command's own start", help),
      result("the list of devices, remembered", devices),
      result("first step of the VAE, empty caches", cold - 6 * step),
      result("first step of the VAE, full caches", warm - 6 * step),
    ]
  }

  /// Milliseconds that this program takes with `arguments`.
  private static func time(_ arguments: [String], _ environment: [String: String]) throws -> Double {
    let process = Process()
    process.executableURL = Bundle.main.executableURL
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = FileHandle.nullDevice
    let time = try ContinuousClock().measure {
      try process.run()
      process.waitUntilExit()
    }
    guard process.terminationStatus == 0 else {
      throw BenchmarkFailure("figment \(arguments.joined(separator: " ")) ended with status \(process.terminationStatus)")
    }
    return time.inSeconds * 1e3
  }
}

struct BenchmarkFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
