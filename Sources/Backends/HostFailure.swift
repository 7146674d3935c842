import Synchronization

/// Why a backend that computes on the host could not.
public enum HostMemoryError: Error, CustomStringConvertible {
  /// No memory is left for a tensor, or less than the backend may take; both are bytes.
  case outOfMemory(requested: Int, inUse: Int)
  /// An operation was given the result of one that had failed before it.
  case inputMissing(operation: String)

  public var description: String {
    switch self {
    case .outOfMemory(let requested, let inUse):
      "out of memory: \(gibibytes(requested)) asked for, \(gibibytes(inUse)) in use by arrays; a smaller batch needs less"
    case .inputMissing(let operation):
      "\(operation): an input is missing because the operation that makes it failed"
    }
  }
}

/// 1_610_612_736 → "1.5 GiB".
private func gibibytes(_ bytes: Int) -> String {
  let tenths = Int((Double(bytes) / 0x1p30 * 10).rounded(.up))
  return "\(tenths / 10).\(tenths % 10) GiB"
}

/// The first failure of a backend that computes on the host, kept until somebody waits for what it computed.
package final class HostFailure: Sendable {
  private let first = Mutex<(any Error)?>(nil)

  package init() {}

  package func latch(_ error: any Error) { first.withLock { $0 = $0 ?? error } }

  /// Throws what was latched since the last throw.
  package func throwFirst() throws {
    let error = first.withLock { first in
      defer { first = nil }
      return first
    }
    if let error { throw error }
  }

  /// Copies out storages, which must be there, one after the other; throws the first failure.
  package func download(
    _ storages: [any Storage], into values: UnsafeMutableBufferPointer<Float>,
    reading: (any Storage) -> UnsafePointer<Float>
  ) throws {
    try throwFirst()
    precondition(values.count == storages.totalCount, "download: \(storages.totalCount) values into \(values.count)")
    var position = 0
    for storage in storages {
      if (storage as? HostStorage)?.isMissing == true { throw HostMemoryError.inputMissing(operation: "download") }
      guard storage.count > 0 else { continue }
      (values.baseAddress! + position).update(from: reading(storage), count: storage.count)
      position += storage.count
    }
  }

  /// Whether all of `inputs` were computed. If not, what is made of them cannot be either, which is latched.
  package func arePresent(_ inputs: (any Storage)?..., operation: StaticString) -> Bool {
    arePresent(inputs, operation: operation)
  }

  package func arePresent(_ inputs: [(any Storage)?], operation: StaticString) -> Bool {
    guard inputs.contains(where: { ($0 as? HostStorage)?.isMissing == true }) else { return true }
    latch(HostMemoryError.inputMissing(operation: "\(operation)"))
    return false
  }
}
