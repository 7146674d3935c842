import Backends
import CPUBackend
import Foundation
import OpenCLBackend
import ReferenceBackend
import Synchronization

/// A device that tests run on, by the name it was asked for.
public struct TestDevice: Sendable, CustomStringConvertible {
  public static let reference = TestDevice(description: "reference")

  public let description: String

  public struct Unknown: Error, CustomStringConvertible {
    public let description: String
  }

  /// The backend of this name; made once, so that its program cache and pool serve all tests.
  public func backend() throws -> any Backend {
    try TestDevices.made.withLock { made in
      if let backend = made[description] { return backend }
      let backend = try makeBackend()
      made[description] = backend
      return backend
    }
  }

  /// A backend of this name that nobody else uses.
  public func makeBackend() throws -> any Backend {
    let parts = description.split(separator: ":", omittingEmptySubsequences: false)
    switch (parts[0], parts.count) {
    case ("reference", 1): return ReferenceBackend()
    case ("cpu", 1): return CPUBackend()
    case ("opencl", 1): return try OpenCLBackend()
    case ("opencl", 2):
      guard let index = Int(parts[1]) else { throw Unknown(description: "\"\(description)\" has no number") }
      return try OpenCLBackend(deviceIndex: index)
    default: throw Unknown(description: "FIGMENT_TEST_DEVICES names \"\(description)\", which is no device")
    }
  }
}

/// The devices under test: `FIGMENT_TEST_DEVICES`, separated by commas, or `cpu,opencl`. A device that is
/// named and cannot be made fails the tests; it is never skipped.
public enum TestDevices {
  public static let all: [TestDevice] = names.map { TestDevice(description: $0) }
  /// Whether this is a run on certain devices, beside one on all that are usual.
  public static let areChosen = ProcessInfo.processInfo.environment["FIGMENT_TEST_DEVICES"] != nil

  private static let names: [String] = {
    let names = ProcessInfo.processInfo.environment["FIGMENT_TEST_DEVICES"] ?? "cpu,opencl"
    return names.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
  }()

  fileprivate static let made = Mutex<[String: any Backend]>([:])
}
