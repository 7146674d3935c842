import Backends
import Foundation

@testable import OpenCLBackend

extension OpenCLBackend {
  func send(_ values: [Float]) -> any Storage { values.withUnsafeBufferPointer { upload($0) } }

  func values(of storage: any Storage) throws -> [Float] {
    var values = [Float](repeating: .nan, count: storage.count)
    try values.withUnsafeMutableBufferPointer { try download([storage], into: $0) }
    return values
  }

  func add(_ left: any Storage, _ right: any Storage) -> any Storage {
    binary(.add, left, right, Broadcast([left.count], [right.count], to: [left.count]))
  }
}

/// A folder that is empty, and gone after `body`.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("figment-test-\(UUID())")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

func configuration(_ change: (inout OpenCLConfiguration) -> Void) -> OpenCLConfiguration {
  var result = OpenCLConfiguration()
  change(&result)
  return result
}
