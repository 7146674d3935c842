/// Repeats for a while and takes the median.
struct Stopwatch {
  let seconds: Double

  /// - Parameter body: Must wait for the device before it returns.
  /// - Returns: Milliseconds.
  func median(_ body: () throws -> Void) throws -> Double {
    for _ in 0..<2 { try body() }
    return try measure(body)
  }

  /// The time of one operation among others, `median(of:leastSeconds:most:waiting:)`, in turns with one call of `ceiling`.
  ///
  /// - Parameter ceiling: What the device does at most just then, of whatever is counted in `work`, a millisecond.
  /// - Returns: Milliseconds, and the share of the ceiling that `work` in this time is: the medians over all turns.
  func median(
    of operation: () throws -> Void, waiting wait: () throws -> Void, work: Double, beside ceiling: (() throws -> Double)?
  ) throws -> (milliseconds: Double, share: Double?) {
    var shares = [Double]()
    let milliseconds = try median(of: operation, waiting: wait) { milliseconds in
      if let ceiling { shares.append(work / milliseconds / (try ceiling())) }
    }
    return (milliseconds, ceiling == nil ? nil : shares.median)
  }

  /// The time of one operation among others: as in a training step, they are enqueued one after the other, and only
  /// the last is waited for.
  ///
  /// - Parameters:
  ///   - operation: May return before the device is done.
  ///   - leastSeconds: What is repeated without waiting in between takes at least so long,
  ///   - most: unless it is so many operations.
  ///   - wait: Waits for the device.
  ///   - also: Is called after each time taken, with the milliseconds of an operation.
  /// - Returns: Milliseconds.
  func median(
    of operation: () throws -> Void, leastSeconds: Double = 0.005, most: Int = 100, waiting wait: () throws -> Void,
    also: (Double) throws -> Void = { _ in }
  ) throws -> Double {
    var count = 1
    func run() throws {
      for _ in 0..<count { try operation() }
      try wait()
    }
    try run()
    let once = try ContinuousClock().measure { try run() }.inSeconds
    count = min(most, max(1, Int((leastSeconds / once).rounded(.up))))
    return try measure(run) { try also($0 / Double(count)) } / Double(count)
  }

  private func measure(_ body: () throws -> Void, also: (Double) throws -> Void = { _ in }) throws -> Double {
    var times = [Double]()
    let start = ContinuousClock.now
    while times.count < 5 || (ContinuousClock.now - start).inSeconds < seconds {
      let time = try ContinuousClock().measure { try body() }
      times.append(time.inSeconds * 1e3)
      try also(times.last!)
    }
    return times.median
  }
}

extension [Double] {
  /// Of an even number the upper of the two in the middle.
  var median: Double { sorted()[count / 2] }
}
