import Backends
import Kernels
import Testing

@testable import OpenCLBackend

/// Failures wait for the next read-back, say what happened, and do no harm until then.
@Suite struct FailureTests {
  @Test func aKernelThatDoesNotBuildIsThrownAtTheNextDownload() throws {
    let device = try OpenCLBackend(
      configuration: configuration { $0.expandSource = { "#error injected on purpose\n" + $0.text } })
    let sum = device.add(device.send([1, 2]), device.send([3, 4]))
    let more = device.add(sum, sum)
    let error = #expect(throws: OpenCLError.self) { try device.values(of: more) }
    let text = try #require(error?.description)
    #expect(text.contains("CL_BUILD_PROGRAM_FAILURE") && text.contains("injected on purpose"))
    #expect(text.contains("binary_ADD"))
    // Thrown once; memory still works.
    #expect(try device.values(of: device.send([5])) == [5])
  }

  @Test func synchronizeThrowsTheFirstFailureOnce() throws {
    let device = try OpenCLBackend(configuration: configuration { $0.expandSource = { _ in "not C" } })
    _ = device.fill(1, count: 3)
    _ = device.unary(.square, device.send([1]))
    let error = #expect(throws: OpenCLError.self) { try device.synchronize() }
    #expect(error?.description.contains("kernel fill") == true)
    try device.synchronize()
  }

  @Test func memoryThatRunsOutSaysHowMuchWasAskedFor() throws {
    let device = try OpenCLBackend(configuration: configuration { $0.memoryLimit = 1 << 20 })
    let kept = device.fill(1, count: 1 << 17)
    let tooMuch = device.fill(2, count: 1 << 18)
    let error = #expect(throws: OpenCLError.self) { try device.values(of: tooMuch) }
    let text = try #require(error?.description)
    #expect(text.contains("1.0 MiB asked for") && text.contains("512.0 KiB in use"))
    #expect(text.contains("CL_MEM_OBJECT_ALLOCATION_FAILURE"))
    #expect(try device.values(of: kept)[7] == 1)
    // What the failure left behind is not a result.
    #expect(throws: OpenCLError.inputMissing(operation: "gather")) {
      try device.values(of: device.gather(tooMuch, indices: device.send([0]), rows: 1, width: 1))
    }
  }

  @Test func freedMemoryIsReturnedBeforeAnAllocationFails() throws {
    let device = try OpenCLBackend(configuration: configuration { $0.memoryLimit = 1 << 20 })
    for size in [1 << 17, 100_000, 1 << 16, 90_000, 1 << 17] {
      let storage = device.fill(Float(size), count: size)
      #expect(try device.values(of: storage).last == Float(size))
    }
  }

  @Test func theSelfTestPassesAndCanFail() throws {
    try OpenCLBackend().selfTest()
    let spoiled = try OpenCLBackend(configuration: configuration { $0.spoilsSelfTest = true })
    let error = #expect(throws: OpenCLError.self) { try spoiled.selfTest() }
    #expect(error == .selfTestFailed(kernel: "binary", index: 0, expected: -14, actual: -15))
  }

  @Test func emptyStoragesWork() throws {
    let device = try OpenCLBackend()
    let empty = device.send([])
    #expect(try device.values(of: device.unary(.square, empty)) == [])
    #expect(try device.values(of: device.fill(1, count: 0)) == [])
    #expect(try device.values(of: device.reduce(.sum, empty, outer: 0, length: 3, inner: 2)) == [])
    #expect(try device.values(of: device.reduce(.sum, empty, outer: 2, length: 0, inner: 1)) == [0, 0])
  }
}
