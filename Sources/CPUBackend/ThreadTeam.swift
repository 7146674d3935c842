import Backends
import CVectorLoops
import Glibc
import Synchronization

/// The threads that compute: those of the OpenMP runtime that oneDNN uses, so that the loops here and oneDNN's
/// never compete. (Threads of our own would: OpenMP's spin for milliseconds after every parallel region.)
struct ThreadTeam: Sendable {
  let threads: Int

  /// Asked for once, before any team: calls of oneDNN change what the calling thread is told.
  private static let available: Int = {
    let threads = Int(vl_available_threads())
    // Who sets it has decided for himself.
    if getenv("OMP_NUM_THREADS") != nil { return threads }
    return min(threads, Int(vl_allowed_processors()), processorQuota() ?? .max)
  }()

  /// - Parameter threads: nil means what `OMP_NUM_THREADS` says, else as many as there are processors to run them.
  init(threads: Int?) {
    let available = Self.available
    // oneDNN's barriers wait for as many threads as it asked for.
    self.threads = Int(vl_granted_threads(Int32(clamping: threads ?? available)))
    vl_spin_only_alone(Int32(self.threads))
  }

  /// Whether waiting threads are kept from spinning at present, because other programs want the processors.
  static var spinsLittle: Bool { vl_spins_little() != 0 }

  /// Decides that anew, for tests: a quarter of a second later what other programs want decides again.
  static func limitSpinning(_ isLimited: Bool) { vl_limit_spinning(isLimited ? 1 : 0) }

  /// Below this many elements the threads cost more than they save.
  private static let parallelThreshold = 32_768
  private static let grain = 8_192

  /// Calls `body` for every number in `0 ..< slices`, on all threads at once.
  ///
  /// There may be more slices than threads: whoever is free takes the next, so a thread that the system has
  /// given to another program delays only its own slice.
  @inline(__always)
  func forEachSlice(_ slices: Int, _ body: (_ slice: Int) -> Void) {
    if slices <= 1 || threads == 1 {
      for slice in 0..<slices { body(slice) }
      return
    }
    // The call returns when all slices are done, so the closure does not escape.
    withoutActuallyEscaping(body) { body in
      var context: (Int) -> Void = body
      withUnsafeMutablePointer(to: &context) { context in
        vl_parallel(
          slices, Int32(threads),
          { context, slice in context!.assumingMemoryBound(to: ((Int) -> Void).self).pointee(slice) }, context)
      }
    }
  }

  /// The same for slices that may fail: throws one of the failures, once all slices are done.
  func tryEachSlice(_ slices: Int, _ body: (_ slice: Int) throws -> Void) throws {
    let failure = Mutex<(any Error)?>(nil)
    forEachSlice(slices) { slice in
      do { try body(slice) } catch { failure.withLock { $0 = error } }
    }
    if let failure = failure.withLock({ $0 }) { throw failure }
  }

  /// Calls `body` for ranges that make up `0 ..< count`; `weight` is how many elements one item stands for.
  /// All ranges begin at a multiple of 16 items, a cache line of floats.
  @inline(__always)
  func forEachRange(of count: Int, weight: Int = 1, _ body: (_ range: Range<Int>) -> Void) {
    let elements = count * weight
    guard threads > 1, elements >= Self.parallelThreshold else {
      if count > 0 { body(0..<count) }
      return
    }
    let slices = min(4 * threads, elements / Self.grain)
    let length = count.dividedUp(by: slices).roundedUp(to: 16)
    forEachSlice(count.dividedUp(by: length)) { slice in
      body(slice * length..<min(count, (slice + 1) * length))
    }
  }

  /// Calls `body` for ranges of few, heavy items, cut without regard to cache lines.
  @inline(__always)
  func forEachRange(ofHeavy count: Int, weight: Int, _ body: (_ range: Range<Int>) -> Void) {
    let elements = count * weight
    guard threads > 1, elements >= Self.parallelThreshold else {
      if count > 0 { body(0..<count) }
      return
    }
    let slices = min(4 * threads, elements / Self.grain, count)
    forEachSlice(slices) { slice in body(slice * count / slices..<(slice + 1) * count / slices) }
  }
}
