import COpenCL
import Testing

@testable import OpenCLBackend

/// The pool keeps what the next step needs, and not what another batch size left behind.
@Suite struct BufferPoolTests {
  /// A driver that counts.
  private final class Driver {
    var created = 0
    var released = [Int]()
  }

  private let mebibyte = 1 << 20

  private func pool(_ driver: Driver) -> BufferPool {
    BufferPool { driver.released.append(Int(bitPattern: $0)) }
  }

  /// Storages of `sizes`, all there at once, then none: a step.
  private func step(_ pool: inout BufferPool, _ driver: Driver, _ sizes: [Int]) {
    let buffers = sizes.map { size in
      if let free = pool.take(size: size) { return free }
      pool.makeRoom(for: size)
      pool.noteCreation(of: size)
      driver.created += 1
      return BufferPool.Buffer(handle: cl_mem(bitPattern: driver.created)!, size: size)
    }
    for (buffer, size) in zip(buffers, sizes) { pool.giveBack(buffer, requested: size) }
  }

  @Test func aSmallerLastBatchTakesTheBuffersOfTheOthers() {
    let driver = Driver()
    var pool = pool(driver)
    for _ in 0..<3 {
      step(&pool, driver, [4 * mebibyte, 8 * mebibyte, 4 * mebibyte])
      step(&pool, driver, [3 * mebibyte, 6 * mebibyte, 3 * mebibyte])
    }
    #expect(driver.created == 3 && driver.released.isEmpty)
    #expect(pool.inUse == 0 && pool.peak == 16 * mebibyte && pool.pooled == 16 * mebibyte)
  }

  @Test func anotherBatchSizeDoesNotAddUp() {
    let driver = Driver()
    var pool = pool(driver)
    let large = [Int](repeating: 8 * mebibyte, count: 4), small = [Int](repeating: mebibyte, count: 9)
    step(&pool, driver, large)
    // Room for four of these, an eighth of the peak; then the oldest of the large ones go.
    step(&pool, driver, small)
    #expect(driver.released == [1])
    #expect(pool.pooled == 33 * mebibyte && pool.peak == 32 * mebibyte)
    for _ in 0..<9 {
      step(&pool, driver, large)
      #expect(pool.pooled <= 48 * mebibyte, "never half more than was in use")
      step(&pool, driver, small)
    }
  }

  /// Sizes that are never in use together are released once, and then known to be wanted.
  @Test func aStepThatNeedsMoreSizesThanItHoldsAtOnceSettles() {
    let driver = Driver()
    var pool = pool(driver)
    for _ in 0..<20 {
      step(&pool, driver, [8 * mebibyte, 8 * mebibyte])
      step(&pool, driver, [5 * mebibyte])
    }
    #expect(driver.created == 4 && driver.released.count == 1)
    #expect(pool.peak == 16 * mebibyte && pool.pooled == 21 * mebibyte)
  }

  @Test func smallBuffersAreKept() {
    let driver = Driver()
    var pool = pool(driver)
    step(&pool, driver, [512, 1024])
    for _ in 0..<10 { step(&pool, driver, [768, 2048]) }
    step(&pool, driver, [512, 1024])
    #expect(driver.created == 4 && driver.released.isEmpty)
  }

  @Test func trimmingReturnsEverythingThatIsFree() {
    let driver = Driver()
    var pool = pool(driver)
    step(&pool, driver, [512, 4 * mebibyte])
    pool.trim()
    #expect(driver.released.sorted() == [1, 2] && pool.pooled == 0)
  }

  @Test func aDeviceSaysWhatItsPoolHolds() throws {
    let device = try OpenCLBackend()
    func run(_ count: Int, _ storages: Int) { _ = (0..<storages).map { device.fill(Float($0), count: count) } }
    run(1 << 20, 8)
    #expect(device.statistics.bytesInUse == 0 && device.statistics.pooledBytes == 32 * mebibyte)
    let storage = device.fill(1, count: 1 << 20)
    #expect(device.statistics.bytesInUse == 4 * mebibyte && device.statistics.pooledBytes == 28 * mebibyte)
    for _ in 0..<5 { run(1 << 18, 20) }
    let statistics = device.statistics
    #expect(statistics.pooledBytes + statistics.bytesInUse <= 48 * mebibyte && statistics.peakBytes == 32 * mebibyte)
    #expect(try device.values(of: storage).allSatisfy { $0 == 1 })
  }
}
