import Foundation
import Testing

/// What a user's surroundings say of threads: the command computes with what it is granted.
@Suite struct ThreadEnvironmentTests {
  /// Each: what OpenMP is told, and the most threads that then compute.
  static let environments: [([String: String], atMost: Int)] = [
    (["OMP_THREAD_LIMIT": "1"], 1),
    (["OMP_DYNAMIC": "true"], .max),
    (["OMP_NUM_THREADS": "4", "OMP_THREAD_LIMIT": "2"], 2),
    (["OMP_NUM_THREADS": "3", "OMP_THREAD_LIMIT": "2", "OMP_DYNAMIC": "true"], 2),
    (["OMP_MAX_ACTIVE_LEVELS": "0"], 1),
  ]

  @Test(arguments: environments.indices)
  func trainingUsesTheThreadsThatAreGranted(index: Int) throws {
    let (environment, most) = Self.environments[index]
    // oneDNN waits for threads that it asked for, or leaves out what they should have computed.
    let place = try Workplace(), limit = "exec timeout --signal=KILL 60 \"$0\" \"$@\""
    let training = try place.train(environment: environment, shell: limit)
    #expect(training.status == 0, "\(environment): \(training.errors)")
    let steps = try Figment.run(
      ["benchmark", "steps", "gan", "--device", "cpu", "--batch-size", "2", "--seconds", "0.1"],
      environment: environment, shell: limit)
    #expect(steps.status == 0, "\(environment): \(steps.errors)")
    #expect(try threads(environment: environment) <= most, "\(environment)")
  }

  @Test func oneProcessorTakesOneThread() throws {
    #expect(try threads(shell: "exec taskset -c \"$(taskset -cp $$ | sed 's/.*: *\\([0-9]*\\).*/\\1/')\" \"$0\" \"$@\"") == 1)
  }

  /// What `figment devices` says of the CPU.
  private func threads(environment: [String: String] = [:], shell: String? = nil) throws -> Int {
    let outcome = try Figment.run(["devices"], environment: environment, shell: shell)
    let match = try #require(outcome.output.firstMatch(of: /, (\d+) threads?/), "\(outcome.output)\(outcome.errors)")
    return try #require(Int(match.1))
  }
}
