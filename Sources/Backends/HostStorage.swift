import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// Ordinary memory, aligned for vector loads, from a pool; for backends that compute on the host.
public final class HostStorage: Storage, @unchecked Sendable {
  // Unchecked: the memory is written only by the operation that allocated it, before anyone else sees it, or by an
  // optimizer that alone holds it.
  public let pointer: UnsafeMutablePointer<Float>
  public let count: Int
  private let block: HostMemoryPool.Block
  private let pool: HostMemoryPool

  public init(count: Int, pool: HostMemoryPool) {
    self.count = count
    self.pool = pool
    block = pool.take(bytes: count * MemoryLayout<Float>.stride)
    pointer = UnsafeMutableRawPointer(bitPattern: block.address)!.assumingMemoryBound(to: Float.self)
  }

  deinit { pool.giveBack(block) }

  /// A storage that must be one of these.
  package static func own(_ storage: any Storage) -> HostStorage {
    guard let storage = storage as? HostStorage else { fatalError("storage of another backend (\(type(of: storage)))") }
    return storage
  }

  package func copied() -> HostStorage {
    let copy = HostStorage(count: count, pool: pool)
    copy.pointer.update(from: pointer, count: count)
    return copy
  }

  public var values: UnsafeMutableBufferPointer<Float> { UnsafeMutableBufferPointer(start: pointer, count: count) }
}

/// Keeps freed blocks by size class for the next storage of that class, or of one that is not much smaller; a
/// training step then allocates nothing from the system.
public final class HostMemoryPool: Sendable {
  struct Block {
    let address: UInt
    let size: Int
  }

  private struct State {
    var free: [Int: [UInt]] = [:]
    var freeBytes = 0
    var inUse = 0
    var peak = 0

    mutating func take(_ size: Int) -> Block? {
      guard let address = free[size]?.popLast() else { return nil }
      freeBytes -= size
      inUse += size
      peak = max(peak, inUse)
      return Block(address: address, size: size)
    }
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

  func take(bytes: Int) -> Block {
    let size = poolSizeClass(bytes: bytes)
    return state.withLock { state in
      if let block = state.take(size) { return block }
      if size >= Self.large {
        // A block at most a half larger, else what is kept must not grow far beyond what is ever used: arrays
        // come in many sizes over a step.
        let larger = state.free.keys.filter { $0 > size && $0 <= size + size / 2 && state.free[$0]?.isEmpty == false }
        if let nearest = larger.min(), let block = state.take(nearest) { return block }
        release(from: &state, toMakeRoomFor: size)
      }
      state.inUse += size
      state.peak = max(state.peak, state.inUse)
      return Block(address: UInt(bitPattern: Self.allocate(size)), size: size)
    }
  }

  func giveBack(_ block: Block) {
    state.withLock { state in
      state.inUse -= block.size
      state.freeBytes += block.size
      state.free[block.size, default: []].append(block.address)
    }
  }

  private static let large = 1 << 20

  private static func allocate(_ size: Int) -> UnsafeMutableRawPointer {
    #if canImport(Glibc)
      // Huge pages, where the system gives them to who asks: walking down a large matrix then misses no address
      // translations. Refusal changes nothing.
      let page = 2 << 20
      if size >= 4 * page {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: page)
        madvise(memory, size, MADV_HUGEPAGE)
        return memory
      }
    #endif
    return .allocate(byteCount: size, alignment: 64)
  }

  /// Gives free blocks back to the system, the largest first, while with `size` more bytes the pool would hold an
  /// eighth more than was ever in use.
  private func release(from state: inout State, toMakeRoomFor size: Int) {
    let limit = max(state.peak, state.inUse + size) / 8 * 9
    while state.inUse + size + state.freeBytes > limit,
      let largest = state.free.keys.filter({ state.free[$0]?.isEmpty == false }).max(), largest >= Self.large,
      let address = state.free[largest]?.popLast()
    {
      state.freeBytes -= largest
      UnsafeMutableRawPointer(bitPattern: address)!.deallocate()
    }
  }
}
