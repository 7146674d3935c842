import Glibc
import Synchronization

/// Keeps freed blocks for the next storages, small ones by size class and large ones where they join with what is free beside
/// them; a training step then allocates nothing from the system.
public final class HostMemoryPool: Sendable {
  struct Block {
    let address: UInt
    let size: Int
  }

  private struct State {
    /// Small blocks that nobody uses, by size.
    var free: [Int: [UInt]] = [:]
    var arena = HostArena()
    var inUse = 0
    var peak = 0
  }
  private let state = Mutex(State())
  private let limit: Int
  /// Written at the end of whatever changes `state` and read at its beginning. The lock has them in order already; but
  /// where it is contended it is taken in Swift's library, and the thread sanitizer does not see that.
  private let turn = Atomic(0)

  /// - Parameter limit: The most bytes that may be in use; nil means what the system gives.
  public init(limit: Int? = nil) { self.limit = limit ?? .max }

  deinit { withState { Self.trim(&$0) } }

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
      guard state.inUse + size <= limit, let address = Self.find(size, in: &state) else { return nil }
      state.inUse += size
      state.peak = max(state.peak, state.inUse)
      return Block(address: address, size: size)
    }
    guard let block else { throw .outOfMemory(requested: bytes, inUse: bytesInUse) }
    return block
  }

  func giveBack(_ block: Block) {
    withState { state in
      state.inUse -= block.size
      if block.size < Self.large {
        state.free[block.size, default: []].append(block.address)
      } else {
        state.arena.giveBack(block.address, size: block.size)
      }
    }
  }

  private static let large = 1 << 20

  private static func find(_ size: Int, in state: inout State) -> UInt? {
    func take() -> UInt? { size < large ? state.free[size]?.popLast() ?? allocate(size) : state.arena.take(size) }
    if let address = take() { return address }
    // What is kept for later may be what is missing now.
    trim(&state)
    return take()
  }

  private static func allocate(_ size: Int) -> UInt? {
    var memory: UnsafeMutableRawPointer?
    return posix_memalign(&memory, 64, size) == 0 ? UInt(bitPattern: memory) : nil
  }

  /// Gives what nobody uses back to the system.
  private static func trim(_ state: inout State) {
    for address in state.free.values.joined() { Glibc.free(UnsafeMutableRawPointer(bitPattern: address)) }
    state.free = [:]
    state.arena.trim()
  }
}
