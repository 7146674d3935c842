import Glibc

/// Large blocks of memory, cut from address space that was reserved at once: what is free on both sides of a block given back
/// becomes one hole with it, and where no hole is large enough the last one grows. A training step asks for many sizes that are
/// never in use at the same time; were each a block of its own, they would be taken from the system and given back again and
/// again, which costs the time to clear their pages. Not safe by itself; `HostMemoryPool` holds its lock around every call.
struct HostArena {
  /// Memory that nobody uses.
  private struct Hole {
    var start: UInt
    var size: Int
    var end: UInt { start + UInt(size) }
  }

  /// Address space: memory from `start` to `end`, and beyond, up to `limit`, nothing but addresses.
  private struct Region {
    /// What the system gave, longer by a step, so that regions begin at whole ones and never meet.
    let mapping: UInt
    let start: UInt
    var end: UInt
    let limit: UInt
  }

  /// What regions grow by, a huge page. With larger steps small blocks come to lie in what is left at the end, and part it: a
  /// step of `age-cgan` then needs 800 MiB and not 666.
  private static let step = 2 << 20

  /// By address.
  private var holes: [Hole] = []
  /// One, unless a block did not fit what was reserved.
  private var regions: [Region] = []
  /// Bytes of a region, unless a block needs more.
  private let reservation: Int

  /// - Parameter reservation: How many bytes of addresses to reserve at once; nil for as many as the machine has of memory.
  init(reservation: Int? = nil) { self.reservation = (reservation ?? Self.usualReservation).roundedUp(to: Self.step) }

  /// Bytes of memory, in use or free. Pages that were never touched take none of the system's.
  var owned: Int { regions.reduce(0) { $0 + Int($1.end - $1.start) } }

  /// The address of a block of `size` bytes, a multiple of 64, or nil if the system has no more.
  mutating func take(_ size: Int) -> UInt? {
    if let address = cut(size) { return address }
    return grow(for: size) ? cut(size) : nil
  }

  mutating func giveBack(_ address: UInt, size: Int) {
    let next = holes.firstIndex { $0.start > address } ?? holes.count
    var hole = Hole(start: address, size: size), replaced = next..<next
    if next < holes.count, holes[next].start == hole.end {
      hole.size += holes[next].size
      replaced = next..<next + 1
    }
    if next > 0, holes[next - 1].end == address {
      hole = Hole(start: holes[next - 1].start, size: holes[next - 1].size + hole.size)
      replaced = next - 1..<replaced.upperBound
    }
    holes.replaceSubrange(replaced, with: [hole])
  }

  /// Gives the regions that nobody uses back to the system.
  mutating func trim() {
    regions.removeAll { region in
      guard let whole = holes.firstIndex(where: { $0.start == region.start && $0.end == region.end }) else { return false }
      holes.remove(at: whole)
      munmap(UnsafeMutableRawPointer(bitPattern: region.mapping), Int(region.limit - region.start) + Self.step)
      return true
    }
  }

  /// The beginning of the smallest hole that is large enough, the first of several.
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

  /// Makes a hole of `size` bytes or more at the end of a region; false if the system has no more.
  private mutating func grow(for size: Int) -> Bool {
    if let last = regions.indices.last, extend(last, for: size) { return true }
    let least = size.roundedUp(to: Self.step)
    guard let region = Self.reserve(max(least, reservation)) ?? Self.reserve(least) else { return false }
    regions.append(region)
    return extend(regions.count - 1, for: size)
  }

  private mutating func extend(_ number: Int, for size: Int) -> Bool {
    let region = regions[number], free = holes.first { $0.end == region.end }?.size ?? 0
    let more = (size - free).roundedUp(to: Self.step)
    guard more <= Int(region.limit - region.end),
      mprotect(UnsafeMutableRawPointer(bitPattern: region.end), more, PROT_READ | PROT_WRITE) == 0
    else { return false }
    regions[number].end += UInt(more)
    giveBack(region.end, size: more)
    return true
  }

  private static var usualReservation: Int {
    let machine = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    var bound = rlimit()
    getrlimit(Int32(RLIMIT_AS.rawValue), &bound)
    // Where a process may have so many addresses only, others need them as well.
    return Int(exactly: bound.rlim_cur).map { min(machine, $0 / 8) } ?? machine
  }

  /// Addresses for `size` bytes, whole steps: none of them is memory yet.
  private static func reserve(_ size: Int) -> Region? {
    guard let mapping = mmap(nil, size + step, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), mapping != MAP_FAILED else {
      return nil
    }
    // Huge pages, where the system gives them to who asks: walking down a large matrix then misses no address
    // translations. Refusal changes nothing.
    madvise(mapping, size + step, MADV_HUGEPAGE)
    let start = UInt(Int(bitPattern: mapping).roundedUp(to: step))
    return Region(mapping: UInt(bitPattern: mapping), start: start, end: start, limit: start + UInt(size))
  }
}
