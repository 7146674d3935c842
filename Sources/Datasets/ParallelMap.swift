import Dispatch
import Synchronization

/// What `body` makes of 0 ..< count, in order, computed on all processors.
package func parallelMap<Result: Sendable>(_ count: Int, _ body: @Sendable (Int) -> Result) -> [Result] {
  let results = Mutex([Result?](repeating: nil, count: count))
  // A few at a time: a picture takes milliseconds, a file's header microseconds.
  let chunk = max(1, min(64, count / 16))
  DispatchQueue.concurrentPerform(iterations: (count + chunk - 1) / chunk) { number in
    let range = number * chunk..<min(count, (number + 1) * chunk)
    let made = range.map(body)
    results.withLock { results in for (index, result) in zip(range, made) { results[index] = result } }
  }
  return results.withLock { $0.map { $0! } }
}
