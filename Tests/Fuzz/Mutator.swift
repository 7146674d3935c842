import TestSupport

/// Draws changes from a seed, and makes those to plain bytes that disks, transfers and editors make.
struct Mutator {
  private var random: TestRandom

  init(seed: UInt64) { random = TestRandom(seed: seed) }

  /// At least 0 and below `count`, which is positive.
  mutating func below(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }

  /// True once in `count` times.
  mutating func happens(onceIn count: Int) -> Bool { below(count) == 0 }

  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

  /// Mostly a few bytes, sometimes many.
  private mutating func length(_ limit: Int) -> Int { 1 + below(max(1, min(limit, pick([1, 4, 16, 256, 4096])))) }

  private mutating func range(of bytes: [UInt8]) -> Range<Int> {
    let start = below(bytes.count + 1)
    return start..<min(bytes.count, start + length(bytes.count))
  }

  /// Mostly one: a reader that has refused an input sees no more of it.
  mutating func changeCount() -> Int { pick([1, 1, 1, 1, 2, 4]) }

  /// One change or several.
  ///
  /// - Parameter other: What parts are taken from.
  mutating func bytes(_ input: [UInt8], other: [UInt8]) -> [UInt8] {
    var bytes = input
    for _ in 0..<changeCount() { change(&bytes, other: other) }
    return bytes
  }

  private mutating func change(_ bytes: inout [UInt8], other: [UInt8]) {
    // Headers are short and come first, so half of all changes are made there.
    let limit = bytes.isEmpty ? 0 : happens(onceIn: 2) ? min(bytes.count, 64) : bytes.count
    let place = limit == 0 ? 0 : below(limit)
    switch below(10) {
    case 0 where limit > 0: bytes[place] ^= 1 << UInt8(below(8))
    case 1 where limit > 0: bytes[place] = pick([0, 1, 0x7F, 0x80, 0xFF, UInt8(below(256))])
    case 2: bytes.removeLast(bytes.count - place)
    case 3: bytes.removeSubrange(range(of: bytes))
    case 4:
      let range = range(of: bytes)
      bytes.insert(contentsOf: bytes[range], at: range.lowerBound)
    case 5: bytes.insert(contentsOf: (0..<length(4096)).map { _ in UInt8(below(256)) }, at: place)
    case 6: bytes.insert(contentsOf: [UInt8](repeating: pick([0, 0x20, 0x41, 0xFF]), count: length(4096)), at: place)
    case 7: bytes = Array(bytes[..<place] + other[(other.isEmpty ? 0 : below(other.count))...])
    case 8: word(&bytes, at: place)
    default:
      let from = range(of: bytes), with = range(of: other)
      bytes.replaceSubrange(from, with: other[with])
    }
  }

  /// Overwrites a whole number of 1 to 8 bytes, of either order, with one at the edge of what it can hold.
  private mutating func word(_ bytes: inout [UInt8], at place: Int) {
    let size = min(pick([1, 2, 4, 8]), bytes.count - place)
    guard size > 0 else { return }
    let edges: [UInt64] = [0, 1, 0xFF, 1 << 16, 1 << 31, 1 << 32, 1 << 53, 1 << 62, 1 << 63, .max, .max - 7]
    let value = pick(edges + [UInt64(bytes.count)])
    let all = withUnsafeBytes(of: value.littleEndian) { Array($0) }.prefix(size)
    bytes.replaceSubrange(place..<place + size, with: happens(onceIn: 2) ? Array(all) : all.reversed())
  }
}
