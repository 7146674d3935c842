import Backends
import CVectorLoops

extension CPUBackend: CeilingMeasuring {
  public func ceilingProbes() throws -> CeilingProbes {
    let turns = 1_000_000, threads = team.threads
    let results = try scratch(64 * threads)
    let operations = threads * vl_multiply_adds(1, 0.5, 1, results.pointer) * turns

    let count = Ceilings.copiedFloats
    let source = try scratch(count), destination = try scratch(count)
    source.pointer.update(repeating: 1, count: count)

    let launches = 1000
    return CeilingProbes(
      gflops: {
        let time = Ceilings.seconds {
          self.team.forEachSlice(threads) { slice in
            _ = vl_multiply_adds(turns, 0.5, 1, results.pointer + 64 * slice)
          }
        }
        return Double(operations) / time / 1e9
      },
      gigabytesPerSecond: {
        let time = Ceilings.seconds {
          self.team.forEachSlice(threads) { slice in
            let range = slice * count / threads..<(slice + 1) * count / threads
            (destination.pointer + range.lowerBound).update(from: source.pointer + range.lowerBound, count: range.count)
          }
        }
        return Double(8 * count) / time / 1e9
      },
      launchMicroseconds: {
        let time = Ceilings.seconds { for _ in 0..<launches { self.team.forEachSlice(threads) { _ in } } }
        return time / Double(launches) * 1e6
      })
  }
}
