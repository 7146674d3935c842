import TestSupport
import Testing

@testable import Backends

@Suite struct HostArenaTests {
  private static let mebibyte = 1 << 20

  private func block(_ arena: inout HostArena, _ size: Int) throws -> UInt {
    let address = arena.take(size)
    return try #require(address)
  }

  @Test(arguments: [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
  func neighboursJoinInAnyOrder(_ order: [Int]) throws {
    var arena = HostArena()
    let blocks = try (0..<3).map { _ in try block(&arena, 8 * Self.mebibyte) }
    #expect(arena.owned == 24 * Self.mebibyte)
    for block in order { arena.giveBack(blocks[block], size: 8 * Self.mebibyte) }
    #expect(try block(&arena, 23 * Self.mebibyte) == blocks[0])
    #expect(arena.owned == 24 * Self.mebibyte)
    arena.giveBack(blocks[0], size: 23 * Self.mebibyte)
    arena.trim()
    #expect(arena.owned == 0)
  }

  @Test func theSmallestHoleThatIsLargeEnoughIsCut() throws {
    var arena = HostArena()
    let sizes = [10, 2, 5, 2, 13].map { $0 * Self.mebibyte }
    let blocks = try sizes.map { try block(&arena, $0) }
    for hole in [0, 2, 4] { arena.giveBack(blocks[hole], size: sizes[hole]) }
    #expect(try block(&arena, 4 * Self.mebibyte) == blocks[2])
    #expect(try block(&arena, 11 * Self.mebibyte) == blocks[4])
    #expect(try block(&arena, 3 * Self.mebibyte) == blocks[0])
  }

  /// What a block's owner wrote is there when it is given back, whatever was taken meanwhile.
  @Test func blocksNeverOverlapAndLittleMoreIsHeldThanIsUsed() throws {
    var arena = HostArena(), random = TestRandom(seed: 1), inUse = 0, peak = 0, largest = 0
    var blocks: [(address: UInt, size: Int, mark: Int)] = []
    func ends(_ address: UInt, _ size: Int) -> [UnsafeMutablePointer<Int>] {
      [address, address + UInt(size - 8)].map { UnsafeMutablePointer(bitPattern: $0)! }
    }
    for mark in 0..<3000 {
      if blocks.count < 4 || (blocks.count < 40 && random.next() % 2 == 0) {
        let size = poolSizeClass(bytes: Self.mebibyte + Int(random.next() % UInt64(20 * Self.mebibyte)))
        let address = try block(&arena, size)
        #expect(address % 64 == 0)
        for end in ends(address, size) { end.pointee = mark }
        blocks.append((address, size, mark))
        inUse += size
        (peak, largest) = (max(peak, inUse), max(largest, arena.owned))
      } else {
        let block = blocks.remove(at: Int(random.next() % UInt64(blocks.count)))
        #expect(ends(block.address, block.size).allSatisfy { $0.pointee == block.mark })
        arena.giveBack(block.address, size: block.size)
        inUse -= block.size
      }
    }
    #expect(largest <= peak / 4 * 5, "\(largest) bytes held for \(peak)")
    for block in blocks { arena.giveBack(block.address, size: block.size) }
    arena.trim()
    #expect(arena.owned == 0)
  }

  /// Sizes that are never in use at the same time are cut from the same memory.
  @Test func aStepOfManySizesIsServedByWhatItsLargestNeeded() throws {
    var arena = HostArena()
    for _ in 0..<3 {
      for size in stride(from: 2, through: 64, by: 3) {
        let address = try block(&arena, size * Self.mebibyte)
        arena.giveBack(address, size: size * Self.mebibyte)
      }
    }
    #expect(arena.owned == 62 * Self.mebibyte)
  }

  /// Neither a trap nor anything remembered.
  @Test func whatNoSystemHasIsRefused() throws {
    var arena = HostArena()
    arena.giveBack(try block(&arena, Self.mebibyte), size: Self.mebibyte)
    for _ in 0..<4 { #expect(arena.take(1 << 61) == nil) }
    #expect(arena.owned == 2 * Self.mebibyte)
    arena.giveBack(try block(&arena, Self.mebibyte), size: Self.mebibyte)
    arena.trim()
    #expect(arena.owned == 0)
  }

  /// The second does not fit into what was reserved for the first, and the third not into what is left of either.
  @Test func blocksThatDoNotFitWhatWasReservedHaveRegionsOfTheirOwn() throws {
    var arena = HostArena(reservation: 8 * Self.mebibyte)
    let sizes = [4, 20, 6].map { $0 * Self.mebibyte }, blocks = try sizes.map { try block(&arena, $0) }
    for (block, size) in zip(blocks, sizes) {
      for end in [block, block + UInt(size - 8)] { UnsafeMutablePointer<Int>(bitPattern: end)!.pointee = 1 }
    }
    #expect(arena.owned == 30 * Self.mebibyte)
    arena.giveBack(blocks[1], size: sizes[1])
    arena.trim()
    #expect(arena.owned == 10 * Self.mebibyte)
    arena.giveBack(blocks[0], size: sizes[0])
    arena.giveBack(blocks[2], size: sizes[2])
    #expect(arena.owned == 10 * Self.mebibyte)
    // Regions never join, even if all is free.
    let large = try block(&arena, 9 * Self.mebibyte)
    #expect(arena.owned == 20 * Self.mebibyte)
    arena.giveBack(large, size: 9 * Self.mebibyte)
    arena.trim()
    #expect(arena.owned == 0)
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
