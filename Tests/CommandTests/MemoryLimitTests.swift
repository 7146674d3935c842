import Foundation
import Testing

/// Where there is not enough memory the command says so and fails; it does not crash.
@Suite struct MemoryLimitTests {
  @Test(arguments: ["cpu", "reference"]) func aBatchBeyondTheMachineIsAnError(device: String) throws {
    // 3 TB of pixels.
    try expectOutOfMemory(
      Figment.run(
        ["benchmark", "steps", "gan", "--device", device, "--batch-size", "1000000000", "--seconds", "0.1"]))
  }

  /// The batch itself fits, what is computed from it does not.
  @Test(arguments: ["vae", "dcgan"]) func aLimitOnTheAddressSpaceIsAnError(step: String) throws {
    try expectOutOfMemory(
      Figment.run(
        ["benchmark", "steps", step, "--device", "cpu", "--batch-size", "10000", "--seconds", "0.1"],
        shell: "ulimit -v 3000000 && exec \"$0\" \"$@\""))
  }

  private func expectOutOfMemory(_ outcome: Figment.Outcome, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(outcome.status == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(outcome.errors.contains("out of memory"), "\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
  }
}
