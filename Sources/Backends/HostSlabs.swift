import Glibc

/// Large blocks of memory, cut from slabs that the system gave: what is free on both sides of a block given back becomes one
/// hole with it. A training step asks for many sizes that are never in use at the same time; were each a block of its own, they
/// would be taken from the system and given back again and again, which costs the time to clear their pages. Not safe by
/// itself; `HostMemoryPool` holds its lock around every call.
struct HostSlabs {
  /// Part of a slab that nobody uses.
  private struct Hole {
    var start: UInt
    var size: Int
    var end: UInt { start + UInt(size) }
  }

  /// The least that the system is asked for. Pages that are never touched take no memory.
  private static let least = 32 << 20
  /// Blocks taken after which the release of a slab, when one is wanted again, was no mistake.
  private static let soon = 4096

  /// By address.
  private var holes: [Hole] = []
  /// Sizes by where they start.
  private var slabs: [UInt: Int] = [:]
  /// Bytes of all slabs.
  private(set) var owned = 0
  /// Bytes of blocks in use, and the most there ever were.
  private var inUse = 0
  private var peak = 0
  /// Blocks taken so far, and how many there were when a slab was last released.
  private var time = 0
  private var released = -soon
  /// Bytes that were released but soon wanted again.
  private var regretted = 0

  /// The address of a block of `size` bytes, a multiple of 64, or nil if the system has no more.
  mutating func take(_ size: Int) -> UInt? {
    time += 1
    guard let address = cut(size) ?? slab(size) else { return nil }
    inUse += size
    peak = max(peak, inUse)
    return address
  }

  mutating func giveBack(_ address: UInt, size: Int) {
    inUse -= size
    let next = firstHole(after: address)
    var hole = Hole(start: address, size: size), replaced = next..<next
    if next < holes.count, holes[next].start == hole.end, slabs[hole.end] == nil {
      hole.size += holes[next].size
      replaced = next..<next + 1
    }
    if next > 0, holes[next - 1].end == address, slabs[address] == nil {
      hole = Hole(start: holes[next - 1].start, size: holes[next - 1].size + hole.size)
      replaced = next - 1..<replaced.upperBound
    }
    holes.replaceSubrange(replaced, with: [hole])
  }

  /// Gives the slabs that nobody uses back to the system.
  mutating func trim() { release { _ in true } }

  private func firstHole(after address: UInt) -> Int { holes.firstIndex { $0.start > address } ?? holes.count }

  /// The beginning of the smallest hole that is large enough.
  private mutating func cut(_ size: Int) -> UInt? {
    let fitting = holes.indices.filter { holes[$0].size >= size }
    guard let best = fitting.min(by: { holes[$0].size < holes[$1].size }) else { return nil }
    let start = holes[best].start
    if holes[best].size == size {
      holes.remove(at: best)
    } else {
      holes[best] = Hole(start: start + UInt(size), size: holes[best].size - size)
    }
    return start
  }

  /// A block at the beginning of a new slab. Slabs in which nothing is used go before, while there would be much more than was
  /// ever in use.
  private mutating func slab(_ size: Int) -> UInt? {
    let isRegretted = time - released < Self.soon
    let most = max(peak, inUse + size), limit = poolLimit(most: most, regretted: regretted) + Self.least
    release { $0 + max(size, Self.least) > limit }
    for whole in [max(size, Self.least), size] {
      var memory = Self.allocate(whole)
      if memory == nil {
        trim()
        memory = Self.allocate(whole)
      }
      guard let memory else { continue }
      let start = UInt(bitPattern: memory)
      slabs[start] = whole
      owned += whole
      if isRegretted { regretted = min(regretted + size, most / 2) }
      if whole > size { holes.insert(Hole(start: start + UInt(size), size: whole - size), at: firstHole(after: start)) }
      return start
    }
    return nil
  }

  /// Gives slabs in which nothing is used back to the system, while `isWanted` says so of the bytes there are.
  private mutating func release(while isWanted: (_ owned: Int) -> Bool) {
    for number in holes.indices.reversed() where slabs[holes[number].start] == holes[number].size && isWanted(owned) {
      let hole = holes.remove(at: number)
      slabs[hole.start] = nil
      owned -= hole.size
      released = time
      free(UnsafeMutableRawPointer(bitPattern: hole.start))
    }
  }

  private static func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
    // Huge pages, where the system gives them to who asks: walking down a large matrix then misses no address
    // translations. Refusal changes nothing.
    let page = 2 << 20
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, page, size) == 0 else { return nil }
    madvise(memory, size, MADV_HUGEPAGE)
    return memory
  }
}
