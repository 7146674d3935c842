import Backends
import Testing

@testable import OpenCLBackend

/// What `figment benchmark kernels` reads.
@Suite struct TimedLaunchTests {
  @Test func launchesComeInOrderWithTheDevicesTimes() throws {
    let device = try OpenCLBackend(configuration: configuration { $0.timesLaunches = true })
    let ones = device.fill(1, count: 1000)
    let timed = try device.timingLaunches {
      let shape = Shape([1000])
      let twos = device.binary(.add, ones, ones, Broadcast(shape, shape, to: shape))
      _ = device.unary(.square, twos)
    }
    #expect(timed.map(\.note.kernel) == ["binary_ADD", "unary_SQUARE"])
    #expect(timed.allSatisfy { 0 < $0.start && $0.start <= $0.end })
    #expect(timed[0].end <= timed[1].end)
    // What came before is not counted, and nothing is kept.
    #expect(try device.timingLaunches {}.isEmpty)
  }
}
