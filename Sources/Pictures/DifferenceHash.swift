/// What a picture looks like in 64 bits: whether each of 8×8 places is brighter than its neighbour on the right, in the picture
/// at 9×8 grey pixels. Pictures that look alike differ in few bits.
public struct DifferenceHash: Hashable, Sendable {
  /// A bit for each of 64 places: whether its right neighbour is lighter.
  public let bits: UInt64

  /// Of a picture of any size.
  public init(_ picture: Picture) {
    let small = picture.converted(toChannels: 1).resized(width: 9, height: 8, by: .box)
    var bits: UInt64 = 0
    for y in 0..<8 {
      for x in 0..<8 { bits = bits << 1 | (small.pixels[9 * y + x] > small.pixels[9 * y + x + 1] ? 1 : 0) }
    }
    self.bits = bits
  }

  /// From bits that were kept.
  public init(bits: UInt64) { self.bits = bits }

  /// In how many bits two differ.
  public func distance(to other: DifferenceHash) -> Int { (bits ^ other.bits).nonzeroBitCount }

  /// The places in `hashes` of pictures that look alike, `distance` bits apart at most, directly or by way of others: groups
  /// of two and more, in order.
  public static func groups(of hashes: [DifferenceHash], within distance: Int = 2) -> [[Int]] {
    precondition((0...3).contains(distance), "pictures \(distance) bits apart need not have a quarter in common")
    var places = [DifferenceHash: [Int]]()
    for (index, hash) in hashes.enumerated() { places[hash, default: []].append(index) }
    let different = places.keys.sorted { $0.bits < $1.bits }
    var leader = Array(different.indices)
    func root(_ index: Int) -> Int {
      var index = index
      while leader[index] != index { index = leader[index] }
      return index
    }
    // Of two hashes with at most three different bits, one quarter is the same.
    for quarter in 0..<4 {
      var alike = [UInt16: [Int]]()
      for (index, hash) in different.enumerated() {
        alike[UInt16(truncatingIfNeeded: hash.bits >> (16 * quarter)), default: []].append(index)
      }
      for candidates in alike.values where candidates.count > 1 {
        for (place, first) in candidates.enumerated() {
          for second in candidates[(place + 1)...] where different[first].distance(to: different[second]) <= distance {
            let (low, high) = (min(root(first), root(second)), max(root(first), root(second)))
            leader[high] = low
          }
        }
      }
    }
    var groups = [Int: [Int]]()
    for (index, hash) in different.enumerated() { groups[root(index), default: []] += places[hash]! }
    return groups.values.filter { $0.count > 1 }.map { $0.sorted() }.sorted { $0[0] < $1[0] }
  }
}
