import Backends
import Kernels

extension OpenCLBackend {
  public func random(
    _ distribution: Distribution, count: Int, generator: Philox, counter: UInt64
  ) -> any Storage {
    produce(count) { output in
      switch distribution {
      case .uniform(let low, let high): try draw(macro: "DRAW", "UNIFORM", low, high, generator, counter, output)
      case .normal(let mean, let deviation):
        try draw(macro: "DRAW", "NORMAL", mean, deviation, generator, counter, output)
      }
    }
  }

  public func dropout(
    _ input: any Storage, rate: Float, generator: Philox, counter: UInt64
  ) -> any Storage {
    produce(input.count) { output in
      try draw(
        macro: "DROPOUT", 1, rate, 1 / (1 - rate), generator, counter, input: [buffer(input)], output, drawsOfBlock: 8)
    }
  }

  private func draw(
    macro: String, _ value: any MacroValue, _ p: Float, _ q: Float, _ generator: Philox, _ counter: UInt64,
    input: [KernelArgument] = [], _ output: OpenCLStorage, drawsOfBlock: Int = 4
  ) throws {
    let count = output.count, wide = needsWideIndices(count), blocks = runtime.family == .cpu ? 16 : 2
    let kernel = try runtime.kernel(
      .random, "random",
      defines: [
        "WIDTH": runtime.flatWidth, macro: value, wide ? "WIDE" : "NARROW": 1, runtime.storing(count): 1,
      ])
    // A block costs about as much as moving forty floats.
    try runtime.launchShared(
      kernel, units: count.dividedUp(by: drawsOfBlock * blocks), cost: 40 * blocks,
      [
        .float(p), .float(q), .uint(generator.key.x), .uint(generator.key.y), .ulong(counter),
        runtime.index(count, wide: wide),
      ] + input + [.buffer(output)])
  }
}
