import Backends
import CVectorLoops

extension CPUBackend {
  public func random(
    _ distribution: Distribution, count: Int, generator: Philox, counter: UInt64
  ) -> any Storage {
    // Ranges begin at multiples of 16, so at a block.
    compute(count) { output, range in
      let first = counter &+ UInt64(range.lowerBound / 4), draws = output + range.lowerBound
      switch distribution {
      case .uniform(let low, let high):
        vl_uniform(generator.key.x, generator.key.y, first, low, high, draws, range.count)
      case .normal(let mean, let deviation):
        vl_normal(generator.key.x, generator.key.y, first, mean, deviation, draws, range.count)
      }
    }
  }

  public func dropout(_ input: any Storage, rate: Float, generator: Philox, counter: UInt64) -> any Storage {
    guard failure.arePresent(input, operation: "dropout") else { return missing(input.count) }
    let count = input.count
    let x = read(input, count, "dropout")
    return compute(count) { output, range in
      vl_dropout(
        generator.key.x, generator.key.y, counter &+ UInt64(range.lowerBound / 8), rate, x + range.lowerBound,
        output + range.lowerBound, range.count)
    }
  }
}
