import Backends
import Kernels

extension OpenCLBackend {
  public func random(
    _ distribution: Distribution, count: Int, generator: Philox, counter: UInt64
  ) -> any Storage {
    produce(count) { output in
      switch distribution {
      case .uniform(let low, let high): try draw(low, high, generator, counter, [.int(0)], output)
      case .normal(let mean, let deviation): try draw(mean, deviation, generator, counter, [.int(1)], output)
      }
    }
  }

  public func dropout(
    _ input: any Storage, rate: Float, generator: Philox, counter: UInt64
  ) -> any Storage {
    produce(input.count) { output in
      try draw(rate, 1 / (1 - rate), generator, counter, [buffer(input)], output, isDropout: true)
    }
  }

  /// - Parameter special: What dropout alone gets, or draws alone.
  private func draw(
    _ p: Float, _ q: Float, _ generator: Philox, _ counter: UInt64, _ special: [KernelArgument], _ output: OpenCLStorage,
    isDropout: Bool = false
  ) throws {
    let count = output.count, wide = needsWideIndices(count), blocks = runtime.family == .cpu ? 16 : 2
    let kernel = try runtime.kernel(
      .random, "random",
      defines: [
        "WIDTH": runtime.flatWidth, isDropout ? "DROPOUT" : "DRAW": 1, wide ? "WIDE" : "NARROW": 1,
        runtime.storing(count): 1,
      ])
    // A block costs about as much as moving forty floats.
    try runtime.launchShared(
      kernel, units: count.dividedUp(by: (isDropout ? 8 : 4) * blocks), cost: 40 * blocks,
      [
        .float(p), .float(q), .uint(generator.key.x), .uint(generator.key.y), .ulong(counter),
        runtime.index(count, wide: wide),
      ] + special + [.buffer(output)])
  }
}
