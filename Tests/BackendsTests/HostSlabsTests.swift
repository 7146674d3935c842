import TestSupport
import Testing

@testable import Backends

@Suite struct HostSlabsTests {
  private static let mebibyte = 1 << 20

  private func block(_ slabs: inout HostSlabs, _ size: Int) throws -> UInt {
    let address = slabs.take(size)
    return try #require(address)
  }

  @Test(arguments: [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
  func neighboursJoinInAnyOrder(_ order: [Int]) throws {
    var slabs = HostSlabs()
    let blocks = try (0..<3).map { _ in try block(&slabs, 8 * Self.mebibyte) }
    #expect(slabs.owned == 32 * Self.mebibyte)
    for block in order { slabs.giveBack(blocks[block], size: 8 * Self.mebibyte) }
    #expect(try block(&slabs, 31 * Self.mebibyte) == blocks[0])
    #expect(slabs.owned == 32 * Self.mebibyte)
    slabs.giveBack(blocks[0], size: 31 * Self.mebibyte)
    slabs.trim()
    #expect(slabs.owned == 0)
  }

  @Test func theSmallestHoleThatIsLargeEnoughIsCut() throws {
    var slabs = HostSlabs()
    let sizes = [10, 2, 5, 2, 13].map { $0 * Self.mebibyte }
    let blocks = try sizes.map { try block(&slabs, $0) }
    for hole in [0, 2, 4] { slabs.giveBack(blocks[hole], size: sizes[hole]) }
    #expect(try block(&slabs, 4 * Self.mebibyte) == blocks[2])
    #expect(try block(&slabs, 11 * Self.mebibyte) == blocks[4])
    #expect(try block(&slabs, 3 * Self.mebibyte) == blocks[0])
  }

  /// What a block's owner wrote is there when it is given back, whatever was taken meanwhile.
  @Test func blocksNeverOverlapAndLittleMoreIsHeldThanIsUsed() throws {
    var slabs = HostSlabs(), random = TestRandom(seed: 1), inUse = 0, peak = 0, largest = 0
    var blocks: [(address: UInt, size: Int, mark: Int)] = []
    func ends(_ address: UInt, _ size: Int) -> [UnsafeMutablePointer<Int>] {
      [address, address + UInt(size - 8)].map { UnsafeMutablePointer(bitPattern: $0)! }
    }
    for mark in 0..<3000 {
      if blocks.count < 4 || (blocks.count < 40 && random.next() % 2 == 0) {
        let size = poolSizeClass(bytes: Self.mebibyte + Int(random.next() % UInt64(20 * Self.mebibyte)))
        let address = try block(&slabs, size)
        #expect(address % 64 == 0)
        for end in ends(address, size) { end.pointee = mark }
        blocks.append((address, size, mark))
        inUse += size
        (peak, largest) = (max(peak, inUse), max(largest, slabs.owned))
      } else {
        let block = blocks.remove(at: Int(random.next() % UInt64(blocks.count)))
        #expect(ends(block.address, block.size).allSatisfy { $0.pointee == block.mark })
        slabs.giveBack(block.address, size: block.size)
        inUse -= block.size
      }
    }
    #expect(largest <= peak / 2 * 3 + 64 * Self.mebibyte, "\(largest) bytes held for \(peak)")
    for block in blocks { slabs.giveBack(block.address, size: block.size) }
    slabs.trim()
    #expect(slabs.owned == 0)
  }

  /// Sizes that are never in use at the same time are cut from the same memory.
  @Test func aStepOfManySizesIsServedByWhatItsLargestNeeded() throws {
    var slabs = HostSlabs()
    for _ in 0..<3 {
      for size in stride(from: 2, through: 64, by: 3) {
        let address = try block(&slabs, size * Self.mebibyte)
        slabs.giveBack(address, size: size * Self.mebibyte)
      }
    }
    #expect(slabs.owned <= 128 * Self.mebibyte)
  }

  /// Neither a trap nor anything remembered.
  @Test func whatNoSystemHasIsRefused() throws {
    var slabs = HostSlabs()
    slabs.giveBack(try block(&slabs, Self.mebibyte), size: Self.mebibyte)
    for _ in 0..<4 { #expect(slabs.take(1 << 61) == nil) }
    #expect(slabs.owned == 0)
    #expect(slabs.take(Self.mebibyte) != nil)
  }

  /// Small and large blocks of one pool, to its limit and back.
  @Test func aPoolHasBothKindsOfBlocks() throws {
    let pool = HostMemoryPool(limit: 8 * Self.mebibyte)
    for _ in 0..<3 {
      let sizes = [Self.mebibyte / 8 * 7, Self.mebibyte, 3 * Self.mebibyte]
      var storages = try sizes.map { try HostStorage(count: $0 / 4, pool: pool) }
      for (number, storage) in storages.enumerated() {
        storage.pointer.update(repeating: Float(number), count: storage.count)
      }
      #expect(throws: HostMemoryError.self) { try HostStorage(count: Self.mebibyte, pool: pool) }
      for (number, storage) in storages.enumerated() {
        #expect(storage.pointer[0] == Float(number) && storage.pointer[storage.count - 1] == Float(number))
      }
      #expect(pool.bytesInUse == sizes.reduce(0, +))
      storages = []
      #expect(pool.bytesInUse == 0)
    }
  }
}
