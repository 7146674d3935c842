import Backends
import Testing

@testable import OpenCLBackend

/// Places and extents beyond 2³¹: computed, or an error that says what is too large. No test here has the memory, so
/// places are made to take 64 bits where 32 would do.
@Suite struct LargeExtentTests {
  @Test(arguments: [OpenCLConfiguration.Family.cpu, .gpu])
  func copiesWithWidePlaces(_ family: OpenCLConfiguration.Family) throws {
    let device = try OpenCLBackend(configuration: configuration { $0.family = family })
    let source = (0..<48 * 32 * 2).map(Float.init)
    let copies = [
      StridedCopy(shape: [2, 48, 32], sourceStrides: [1536, 32, 1], destinationStrides: [1536, 32, 1]),
      StridedCopy(shape: [32, 48], sourceStrides: [1, 32], destinationStrides: [48, 1]),
      StridedCopy(shape: [3, 5, 7], sourceOffset: 200, sourceStrides: [70, -7, 2], destinationStrides: [35, 7, 1]),
      StridedCopy(shape: [5, 3], sourceStrides: [3, 1], destinationOffset: 4, destinationStrides: [7, 1]),
    ]
    for copy in copies {
      let narrow = device.fill(-1, count: source.count), wide = device.fill(-1, count: source.count)
      device.copy(device.send(source), into: narrow, copy)
      try device.copyRows(device.send(source), wide, copy, wide: true)
      #expect(try device.values(of: wide) == device.values(of: narrow), "\(copy)")
      if family == .cpu, copy.sourceStrides == [1, 32] {
        let tiled = device.fill(-1, count: source.count)
        try device.copyTiles(device.send(source), tiled, copy, line: 0, wide: true)
        #expect(try device.values(of: tiled) == device.values(of: narrow))
      }
    }
  }

  @Test func aDistanceThatDoesNotFitIsAnErrorAndNoTrap() throws {
    let device = try OpenCLBackend()
    let target = device.fill(0, count: 8)
    let far = 3 << 31
    device.copy(
      device.send([1, 2, 3, 4]), into: target,
      StridedCopy(shape: [2, 4], sourceStrides: [far, 1], destinationStrides: [4, 1]))
    #expect(throws: OpenCLError.tooLarge(extent: far)) { try device.synchronize() }
    #expect(OpenCLError.tooLarge(extent: far).description.contains("\(far)"))
    // Only that: the device goes on.
    #expect(try device.values(of: device.send([5])) == [5])
  }

  @Test func argumentsAreChecked() throws {
    let device = try OpenCLBackend()
    let kernel = try device.runtime.kernel(.copy, "copyRows", defines: ["RANK": 1, "SEGMENT": 1, "NARROW": 1, "CACHED": 1])
    for argument in [KernelArgument.int(1 << 31), .count(1 << 32), .count(-1), .words([1, -1 << 32])] {
      #expect(throws: OpenCLError.self, "\(argument)") {
        try device.runtime.lock.withLock { try device.runtime.set(argument, at: 1, of: kernel) }
      }
    }
  }

  @Test func aProductWithTooManyRowsIsAnError() {
    for extents in [(3 << 30, 1, 1), (1, 1 << 31, 1), (1, 1, 1 << 31 - 1)] {
      let product = GeneralProduct(
        m: extents.0, n: extents.1, k: extents.2, left: PatchGeometry(matrixColumns: extents.2), right: .rows)
      #expect(throws: OpenCLError.self) { try product.requireExtents() }
    }
  }
}
