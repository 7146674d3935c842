/// A block of a device's memory holding `count` 32-bit floats, freed by reference counting.
///
/// Only the backend that made it may read it. Between the operations of one backend it is immutable once
/// written: every operation writes into storage it has just allocated, or that nobody else holds.
public protocol Storage: AnyObject, Sendable {
  var count: Int { get }
}

/// What stands where a storage has been taken away.
final class Nothing: Storage {
  let count = 0
  static let storage = Nothing()
}

extension [any Storage] {
  /// Elements of all of them.
  package var totalCount: Int { reduce(0) { $0 + $1.count } }

  /// Storage `i`, to be written: the one that is there if this array alone holds it, else a copy, which takes its place.
  /// It stays where it is if `copy` throws.
  package mutating func writable<Own: Storage, Failure: Error>(
    _ i: Int, as own: (any Storage) -> Own, copy: (Own) throws(Failure) -> Own
  ) throws(Failure) -> Own {
    var storage = own(self[i])
    self[i] = Nothing.storage
    defer { self[i] = storage }
    if !isKnownUniquelyReferenced(&storage) { storage = try copy(storage) }
    return storage
  }
}

/// What a backend has done since it was made. All figures are totals, but `bytesInUse` and `pooledBytes`.
public struct BackendStatistics: Sendable {
  /// Bytes that live storages hold.
  public var bytesInUse = 0
  /// The most bytes that live storages ever held.
  public var peakBytes = 0
  /// Bytes that no storage holds but a backend's pool does, for those to come.
  public var pooledBytes = 0
  /// Copies from the host's memory; a training step needs one a batch.
  public var uploads = 0
  /// Copies to the host's memory; a training step needs one a loss.
  public var downloads = 0
  /// Operations that ran on the device.
  public var launches = 0
  /// How the last matrix product or convolution was computed, for people; empty if there is but one way.
  public var productVariant = ""

  /// Of a backend that has done nothing yet.
  public init() {}
}

/// Rounds a byte count up to one of eight classes per power of two, so that a pool finds buffers again and
/// wastes at most an eighth.
public func poolSizeClass(bytes: Int) -> Int {
  guard bytes > 512 else { return 512 }
  let step = max(64, 1 << (Int.bitWidth - 1 - (bytes - 1).leadingZeroBitCount - 3))
  return bytes.roundedUp(to: step)
}
