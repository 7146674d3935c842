import Foundation
import Testing

/// `auto` trains on the CPU whatever is wrong with OpenCL, and says what; `opencl` insists.
@Suite struct FallbackTests {
  /// Each situation: its environment, and what the warning and the error must name.
  static let situations: [(name: String, environment: [String: String], cause: String)] = [
    ("no driver", ["OCL_ICD_VENDORS": "/nonexistent"], "CL_PLATFORM_NOT_FOUND_KHR"),
    ("a platform without devices", ["POCL_DEVICES": "none"], "CL_DEVICE_NOT_FOUND"),
    ("a kernel that does not build", ["FIGMENT_FAULT": "build", "FIGMENT_AUTO_DEVICES": "all"], "does not build"),
    ("a failed self-test", ["FIGMENT_FAULT": "self-test", "FIGMENT_AUTO_DEVICES": "all"], "self-test"),
    ("a miscompiled kernel", ["FIGMENT_FAULT": "product", "FIGMENT_AUTO_DEVICES": "all"], "self-test of"),
    ("a cache folder that cannot be made", ["POCL_CACHE_DIR": "/dev/null/cache"], "set POCL_CACHE_DIR"),
    // Where PoCL itself crashes at the first kernel.
    (
      "a cache folder that cannot be written", ["POCL_CACHE_DIR": "/proc", "FIGMENT_AUTO_DEVICES": "all"],
      "set POCL_CACHE_DIR"
    ),
  ]

  @Test(arguments: situations.indices)
  func autoFallsBackWithTheCause(index: Int) throws {
    let (name, environment, cause) = Self.situations[index]
    let place = try Workplace()
    let outcome = try place.train(["--device", "auto", "--epochs", "1"], environment: environment)
    #expect(outcome.status == 0, "\(name): \(outcome.errors)")
    #expect(outcome.errors.contains("warning: ") && outcome.errors.contains(cause), "\(name): \(outcome.errors)")
    #expect(outcome.errors.contains("computing on cpu"), "\(name): \(outcome.errors)")
    #expect(place.exists("run/checkpoints/last.safetensors"))
  }

  @Test(arguments: situations.indices)
  func anOpenCLDeviceAskedForIsAnError(index: Int) throws {
    let (name, environment, cause) = Self.situations[index]
    let place = try Workplace()
    let outcome = try place.train(["--device", "opencl", "--epochs", "1"], environment: environment)
    #expect(outcome.status == 1, "\(name): \(outcome.errors)")
    #expect(outcome.errors.contains("error: ") && outcome.errors.contains(cause), "\(name): \(outcome.errors)")
    #expect(!place.exists("run"))
  }

  @Test func devicesSaysWhatIsThere() throws {
    let outcome = try Figment.run(["devices"])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("reference") && outcome.output.contains("opencl:0"))
    #expect(outcome.output.contains("auto takes "))
    let none = try Figment.run(["devices"], environment: ["OCL_ICD_VENDORS": "/nonexistent"])
    #expect(none.status == 0 && none.output.contains("No OpenCL device") && none.output.contains("auto takes cpu"))
  }
}
