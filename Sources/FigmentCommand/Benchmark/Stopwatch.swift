/// Repeats for a while and takes the median.
struct Stopwatch {
  let seconds: Double

  /// - Parameter body: Must wait for the device before it returns.
  /// - Returns: Milliseconds.
  func median(_ body: () throws -> Void) rethrows -> Double {
    for _ in 0..<2 { try body() }
    var times = [Double]()
    let start = ContinuousClock.now
    while times.count < 5 || (ContinuousClock.now - start).inSeconds < seconds {
      let time = try ContinuousClock().measure { try body() }
      times.append(time.inSeconds * 1e3)
    }
    times.sort()
    return times[times.count / 2]
  }
}
