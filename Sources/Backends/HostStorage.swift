import Synchronization

/// Ordinary memory, aligned for vector loads, from a pool; for backends that compute on the host.
public final class HostStorage: Storage, @unchecked Sendable {
  // Unchecked: the memory is written only by the operation that allocated it, before anyone else sees it.
  public let pointer: UnsafeMutablePointer<Float>
  public let count: Int
  private let pool: HostMemoryPool

  public init(count: Int, pool: HostMemoryPool) {
    self.count = count
    self.pool = pool
    pointer = pool.take(bytes: count * MemoryLayout<Float>.stride).assumingMemoryBound(to: Float.self)
  }

  deinit { pool.giveBack(pointer, bytes: count * MemoryLayout<Float>.stride) }

  public var values: UnsafeMutableBufferPointer<Float> { UnsafeMutableBufferPointer(start: pointer, count: count) }
}

/// Keeps freed blocks by size class for the next storage of that class; a training step then allocates
/// nothing from the system.
public final class HostMemoryPool: Sendable {
  private struct State {
    var free: [Int: [UInt]] = [:]
    var inUse = 0
    var peak = 0
  }
  private let state = Mutex(State())

  public init() {}

  deinit {
    state.withLock { state in
      for block in state.free.values.joined() { UnsafeMutableRawPointer(bitPattern: block)!.deallocate() }
    }
  }

  public var bytesInUse: Int { state.withLock { $0.inUse } }
  public var peakBytes: Int { state.withLock { $0.peak } }

  func take(bytes: Int) -> UnsafeMutableRawPointer {
    let size = poolSizeClass(bytes: bytes)
    let recycled: UInt? = state.withLock { state in
      state.inUse += size
      state.peak = max(state.peak, state.inUse)
      return state.free[size]?.popLast()
    }
    return recycled.flatMap { UnsafeMutableRawPointer(bitPattern: $0) }
      ?? .allocate(byteCount: size, alignment: 64)
  }

  func giveBack(_ block: UnsafeMutableRawPointer, bytes: Int) {
    let size = poolSizeClass(bytes: bytes)
    state.withLock { state in
      state.inUse -= size
      state.free[size, default: []].append(UInt(bitPattern: block))
    }
  }
}
