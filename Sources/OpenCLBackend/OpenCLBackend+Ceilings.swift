import Backends
import COpenCL

extension OpenCLBackend: CeilingMeasuring {
  public func ceilingProbes() throws -> CeilingProbes {
    CeilingProbes(
      gflops: try multiplyAdds(), gigabytesPerSecond: try copy(), launchMicroseconds: try launches())
  }

  private func multiplyAdds() throws -> () throws -> Double {
    // A processor's threads take longer to wake than a card's.
    let chains = 12, turns = runtime.family == .cpu ? 1_000_000 : 20_000
    let width = runtime.family == .cpu ? device.productWidth : runtime.flatWidth
    let kernel = try runtime.kernel(.ceilings, "multiplyAdds", defines: ["WIDTH": width])
    let local = runtime.family == .cpu ? 1 : min(256, kernel.maximumWorkGroupSize)
    let items = local * device.computeUnits * (runtime.family == .cpu ? 4 : 16)
    let output = runtime.allocate(count: items * width)
    return { [self] in
      let time = try Ceilings.seconds {
        try runtime.launch(
          kernel, global: WorkSize(items), local: WorkSize(local), .count(turns), .float(0.5), .float(1),
          .buffer(output))
        try synchronize()
      }
      return Double(2 * chains * turns * width * items) / time / 1e9
    }
  }

  /// Our own copy or the driver's, whichever is faster.
  private func copy() throws -> () throws -> Double {
    // An eighth of a small card's memory at the most.
    let count = min(Ceilings.copiedFloats, device.globalMemory / 64, device.maximumAllocation / 8) / 64 * 64
    let source = own(fill(1, count: count)), destination = runtime.allocate(count: count)
    let kernel = try runtime.kernel(.ceilings, "copyFlat", defines: ["WIDTH": runtime.flatWidth])
    func ours() throws {
      try runtime.launchShared(
        kernel, units: count / runtime.flatWidth, cost: 2 * runtime.flatWidth, .count(count), .buffer(source),
        .buffer(destination))
      try synchronize()
    }
    func drivers() throws {
      try runtime.copyWhole(source, into: destination)
      try synchronize()
    }
    func shortest(_ body: () throws -> Void) throws -> Double {
      try (0..<5).map { _ in try Ceilings.seconds(body) }.min()!
    }
    let isOurs = try shortest(ours) < shortest(drivers)
    return { Double(8 * count) / (try Ceilings.seconds(isOurs ? ours : drivers)) / 1e9 }
  }

  private func launches() throws -> () throws -> Double {
    let kernel = try runtime.kernel(.ceilings, "nothing")
    let output = runtime.allocate(count: 1), launches = 500
    return { [self] in
      let time = try Ceilings.seconds {
        for _ in 0..<launches {
          try runtime.launch(kernel, global: WorkSize(1), local: WorkSize(1), .buffer(output))
        }
        try synchronize()
      }
      return time / Double(launches) * 1e6
    }
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
