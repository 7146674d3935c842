import Backends
import Testing

@testable import OpenCLBackend

/// Buffers are used again, transfers are counted, threads may share a device.
@Suite struct MemoryTests {
  @Test func aFreedBufferIsTheNextOfItsSize() throws {
    let device = try OpenCLBackend()
    for _ in 0..<50 { _ = device.fill(1, count: 100_000) }
    #expect(device.statistics.peakBytes <= 2 * poolSizeClass(bytes: 400_000))
    #expect(device.statistics.bytesInUse == 0)
    #expect(device.statistics.launches == 50)
  }

  @Test func aReusedBufferDoesNotDisturbWhatStillReadsIt() throws {
    let device = try OpenCLBackend()
    let count = 300_000
    var results: [any Storage] = []
    for round in 0..<20 {
      // The operands are given back while the addition is still queued, and taken by the next round's.
      results.append(device.add(device.fill(Float(round), count: count), device.fill(0.5, count: count)))
    }
    for (round, result) in results.enumerated() {
      #expect(try device.values(of: result).allSatisfy { $0 == Float(round) + 0.5 })
    }
  }

  @Test func transfersAndLaunchesAreCounted() throws {
    let device = try OpenCLBackend()
    let x = device.send([Float](repeating: 2, count: 1000))
    let y = device.unary(.square, device.unary(.square, x))
    _ = try device.values(of: y)
    let statistics = device.statistics
    #expect(statistics.uploads == 1 && statistics.downloads == 1 && statistics.launches == 2)
    #expect(statistics.bytesInUse == 2 * poolSizeClass(bytes: 4000))
  }

  @Test func manyUploadsArriveWhole() throws {
    let device = try OpenCLBackend()
    let storages = (0..<200).map { device.send([Float](repeating: Float($0), count: 5000 + $0)) }
    for (i, storage) in storages.enumerated() {
      #expect(try device.values(of: storage) == [Float](repeating: Float(i), count: 5000 + i))
    }
  }

  @Test func threadsMayShareADevice() async throws {
    let device = try OpenCLBackend()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for thread in 0..<8 {
        group.addTask {
          var x: any Storage = device.fill(Float(thread), count: 3001)
          for _ in 0..<50 { x = device.add(x, device.fill(1, count: 3001)) }
          let values = try device.values(of: x)
          #expect(values == [Float](repeating: Float(thread) + 50, count: 3001))
        }
      }
      try await group.waitForAll()
    }
  }

  @Test func theWidestAndNarrowestRowsKeepToThemselves() throws {
    // A row's last vector must not spill into the next row, which another work-item may have written.
    for family in [OpenCLConfiguration.Family.cpu, .gpu] {
      let device = try OpenCLBackend(configuration: configuration { $0.family = family })
      for columns in [1, 3, 4, 5, 15, 16, 17, 31, 33, 100] {
        let rows = 257
        let matrix = (0..<rows * columns).map { Float($0 % 1001) }, row = (0..<columns).map { Float($0) * 1000 }
        let sum = device.binary(
          .add, device.send(matrix), device.send(row), Broadcast([rows, columns], [columns], to: [rows, columns]))
        #expect(try device.values(of: sum) == matrix.enumerated().map { $1 + row[$0 % columns] })
      }
    }
  }
}
