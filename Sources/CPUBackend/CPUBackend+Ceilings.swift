import Backends
import CVectorLoops

extension CPUBackend: CeilingMeasuring {
  public func measureCeilings() throws -> Ceilings {
    let turns = 1_000_000, threads = team.threads
    let results = scratch(64 * threads)
    var operations = 0
    let arithmetic = Ceilings.shortest(of: 7) {
      team.forEachSlice(threads) { slice in
        _ = vl_multiply_adds(turns, 0.5, 1, results.pointer + 64 * slice)
      }
    }
    operations = threads * vl_multiply_adds(1, 0.5, 1, results.pointer) * turns

    let count = Ceilings.copiedFloats
    let source = scratch(count), destination = scratch(count)
    source.pointer.update(repeating: 1, count: count)
    let copying = Ceilings.shortest(of: 7) {
      team.forEachSlice(threads) { slice in
        let range = slice * count / threads..<(slice + 1) * count / threads
        (destination.pointer + range.lowerBound).update(from: source.pointer + range.lowerBound, count: range.count)
      }
    }

    let launches = 1000
    let launching = Ceilings.shortest(of: 7) {
      for _ in 0..<launches { team.forEachSlice(threads) { _ in } }
    }
    return Ceilings(
      gflops: Double(operations) / arithmetic / 1e9, gigabytesPerSecond: Double(8 * count) / copying / 1e9,
      launchMicroseconds: launching / Double(launches) * 1e6)
  }
}
