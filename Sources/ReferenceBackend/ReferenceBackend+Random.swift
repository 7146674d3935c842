import Backends

extension ReferenceBackend {
  public func random(
    _ distribution: Distribution, count: Int, generator: Philox, counter: UInt64
  ) -> any Storage {
    compute(count) { output in
      for start in stride(from: 0, to: count, by: 4) {
        let draws = distribution(generator.block(counter &+ UInt64(start / 4)))
        for lane in 0..<min(4, count - start) { output[start + lane] = draws[lane] }
      }
    }
  }

  public func dropout(
    _ input: any Storage, rate: Float, generator: Philox, counter: UInt64
  ) -> any Storage {
    let count = input.count
    guard failure.arePresent(input, operation: "dropout") else { return missing(count) }
    let x = read(input, count, "dropout")
    return compute(count) { output in
      for start in stride(from: 0, to: count, by: 8) {
        let bits = generator.block(counter &+ UInt64(start / 8))
        for lane in 0..<min(8, count - start) {
          let kept = Philox.uniform16(bits[lane / 2], half: lane % 2) >= rate
          output[start + lane] = kept ? x[start + lane] / (1 - rate) : 0
        }
      }
    }
  }
}
