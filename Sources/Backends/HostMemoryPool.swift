import Glibc
import Synchronization

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
  private let limit: Int
  /// Written at the end of whatever changes `state` and read at its beginning. The lock has them in order already; but
  /// where it is contended it is taken in Swift's library, and the thread sanitizer does not see that.
  private let turn = Atomic(0)

  /// - Parameter limit: The most bytes that may be in use; nil means what the system gives.
  public init(limit: Int? = nil) { self.limit = limit ?? .max }

  deinit { withState { release(from: &$0, while: { _, _ in true }) } }

  public var bytesInUse: Int { withState { $0.inUse } }
  public var peakBytes: Int { withState { $0.peak } }

  private func withState<Result>(_ body: (inout State) -> Result) -> Result {
    state.withLock { state in
      _ = turn.load(ordering: .acquiring)
      defer { turn.store(0, ordering: .releasing) }
      return body(&state)
    }
  }

  func take(bytes: Int) throws(HostMemoryError) -> Block {
    // Beyond half of the address space no system has any, and sums of sizes would overflow.
    guard bytes <= .max / 4 else { throw .outOfMemory(requested: bytes, inUse: bytesInUse) }
    let size = poolSizeClass(bytes: bytes)
    let block = withState { state -> Block? in
      guard state.inUse + size <= limit else { return nil }
      if let block = state.take(size) { return block }
      if size >= Self.large {
        // A block at most a half larger, else what is kept must not grow far beyond what is ever used: arrays
        // come in many sizes over a step.
        let larger = state.free.keys.filter { $0 > size && $0 <= size + size / 2 && state.free[$0]?.isEmpty == false }
        if let nearest = larger.min(), let block = state.take(nearest) { return block }
        makeRoom(in: &state, for: size)
      }
      var memory = Self.allocate(size)
      if memory == nil {
        // What is kept for later may be what is missing now.
        release(from: &state, while: { _, _ in true })
        memory = Self.allocate(size)
      }
      guard let memory else { return nil }
      state.inUse += size
      state.peak = max(state.peak, state.inUse)
      return Block(address: UInt(bitPattern: memory), size: size)
    }
    guard let block else { throw .outOfMemory(requested: bytes, inUse: bytesInUse) }
    return block
  }

  func giveBack(_ block: Block) {
    withState { state in
      state.inUse -= block.size
      state.freeBytes += block.size
      state.free[block.size, default: []].append(block.address)
    }
  }

  private static let large = 1 << 20

  private static func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
    // Huge pages, where the system gives them to who asks: walking down a large matrix then misses no address
    // translations. Refusal changes nothing.
    let page = 2 << 20, isHuge = size >= 4 * page
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, isHuge ? page : 64, size) == 0 else { return nil }
    if isHuge { madvise(memory, size, MADV_HUGEPAGE) }
    return memory
  }

  /// Gives free blocks back to the system while with `size` more bytes the pool would hold an eighth more than was ever
  /// in use.
  private func makeRoom(in state: inout State, for size: Int) {
    let limit = max(state.peak, state.inUse + size) / 8 * 9
    release(from: &state) { state, largest in largest >= Self.large && state.inUse + size + state.freeBytes > limit }
  }

  /// Gives free blocks back to the system, the largest first, while `isWanted` says so of the next.
  private func release(from state: inout State, while isWanted: (State, _ largest: Int) -> Bool) {
    while let largest = state.free.keys.filter({ state.free[$0]?.isEmpty == false }).max(), isWanted(state, largest),
      let address = state.free[largest]?.popLast()
    {
      state.freeBytes -= largest
      free(UnsafeMutableRawPointer(bitPattern: address))
    }
  }
}
