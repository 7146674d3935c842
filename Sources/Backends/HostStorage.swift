/// Ordinary memory, aligned for vector loads, from a pool; for backends that compute on the host.
public final class HostStorage: Storage, @unchecked Sendable {
  // Unchecked: the memory is written only by the operation that allocated it, before anyone else sees it, or by an
  // optimizer that alone holds it.
  public let count: Int
  /// What it lies in, and where that came from; nil for what could not be computed.
  private let memory: (block: HostMemoryPool.Block, pool: HostMemoryPool)?

  public init(count: Int, pool: HostMemoryPool) throws(HostMemoryError) {
    let (bytes, isTooLarge) = count.multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
    self.count = count
    memory = (try pool.take(bytes: isTooLarge ? .max : bytes), pool)
  }

  /// The result of an operation that failed: what reads it must not run.
  package init(missing count: Int) { (self.count, memory) = (count, nil) }

  deinit { if let memory { memory.pool.giveBack(memory.block) } }

  /// Whether the operation that was to make it failed. There is then no `pointer`.
  package var isMissing: Bool { memory == nil }

  public var pointer: UnsafeMutablePointer<Float> {
    guard let memory else { fatalError("a storage of \(count) values that could not be allocated has no memory") }
    return UnsafeMutableRawPointer(bitPattern: memory.block.address)!.assumingMemoryBound(to: Float.self)
  }

  /// A storage that must be one of these.
  package static func own(_ storage: any Storage) -> HostStorage {
    guard let storage = storage as? HostStorage else { fatalError("storage of another backend (\(type(of: storage)))") }
    return storage
  }

  package func copied() throws(HostMemoryError) -> HostStorage {
    guard let memory else { throw .inputMissing(operation: "copy") }
    let copy = try HostStorage(count: count, pool: memory.pool)
    copy.pointer.update(from: pointer, count: count)
    return copy
  }
}
