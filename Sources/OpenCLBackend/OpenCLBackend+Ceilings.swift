import Backends
import COpenCL

extension OpenCLBackend: CeilingMeasuring {
  public func measureCeilings() throws -> Ceilings {
    Ceilings(
      gflops: try multiplyAdds() / 1e9, gigabytesPerSecond: try copiedBytes() / 1e9,
      launchMicroseconds: try launchTime() * 1e6)
  }

  /// Operations a second.
  private func multiplyAdds() throws -> Double {
    let chains = 16, turns = 20_000
    let width = runtime.flatWidth
    let kernel = try runtime.kernel(.ceilings, "multiplyAdds", defines: ["WIDTH": width])
    let local = runtime.family == .cpu ? 1 : min(256, kernel.maximumWorkGroupSize)
    let items = local * device.computeUnits * (runtime.family == .cpu ? 4 : 16)
    let output = runtime.allocate(count: items * width)
    let time = try Ceilings.shortest(of: 7) {
      try runtime.launch(
        kernel, global: WorkSize(items), local: WorkSize(local), .uint(UInt32(turns)), .float(0.5), .float(1),
        .buffer(output))
      try synchronize()
    }
    return Double(2 * chains * turns * width * items) / time
  }

  /// Bytes a second, the better of our own copy and the driver's.
  private func copiedBytes() throws -> Double {
    // An eighth of a small card's memory at the most.
    let count = min(Ceilings.copiedFloats, device.globalMemory / 64, device.maximumAllocation / 8) / 64 * 64
    let source = own(fill(1, count: count)), destination = runtime.allocate(count: count)
    let kernel = try runtime.kernel(.ceilings, "copyFlat", defines: ["WIDTH": runtime.flatWidth])
    let ours = try Ceilings.shortest(of: 7) {
      try runtime.launchShared(
        kernel, units: count / runtime.flatWidth, cost: 2 * runtime.flatWidth, .uint(UInt32(count)), .buffer(source),
        .buffer(destination))
      try synchronize()
    }
    let drivers = try Ceilings.shortest(of: 7) {
      try runtime.copyWhole(source, into: destination)
      try synchronize()
    }
    return Double(8 * count) / min(ours, drivers)
  }

  private func launchTime() throws -> Double {
    let kernel = try runtime.kernel(.ceilings, "nothing")
    let output = runtime.allocate(count: 1), launches = 500
    let time = try Ceilings.shortest(of: 7) {
      for _ in 0..<launches {
        try runtime.launch(kernel, global: WorkSize(1), local: WorkSize(1), .buffer(output))
      }
      try synchronize()
    }
    return time / Double(launches)
  }
}

extension OpenCLRuntime {
  /// The driver's own copy of all elements.
  fileprivate func copyWhole(_ source: OpenCLStorage, into destination: OpenCLStorage) throws {
    guard let from = source.buffer, let to = destination.buffer else {
      throw OpenCLError.inputMissing(operation: "copy")
    }
    try lock.withLock {
      try check(
        clEnqueueCopyBuffer(queue, from, to, 0, 0, source.count * 4, 0, nil, nil), "clEnqueueCopyBuffer",
        during: "copy")
    }
  }
}
