import Backends
import CVectorLoops
import Synchronization

/// The processor: convolutions and matrix products by oneDNN, everything else by the loops of `CVectorLoops`,
/// which are built for several instruction sets.
///
/// Every operation has finished when it returns. It is split over threads in a way that the shapes alone
/// decide, and partial results are joined in a fixed order, so that the same inputs give the same bits.
public final class CPUBackend: Backend {
  public let identifier = "cpu"
  public let name: String

  let team: ThreadTeam
  let pool = HostMemoryPool()
  let oneDNN: OneDNN
  private let failure = Mutex<(any Error)?>(nil)
  private let uploads = Atomic(0)
  private let downloads = Atomic(0)
  private let launches = Atomic(0)

  /// - Parameter threads: How many threads to compute with; nil means every processor this process may run
  ///   on (or `OMP_NUM_THREADS`, which the OpenMP runtime reads).
  public init(threads: Int? = nil) {
    team = ThreadTeam(threads: threads)
    oneDNN = OneDNN(team: team)
    name = "\(processorName()) (\(team.threads) \(team.threads == 1 ? "thread" : "threads"))"
  }

  public var statistics: BackendStatistics {
    var statistics = BackendStatistics()
    statistics.bytesInUse = pool.bytesInUse
    statistics.peakBytes = pool.peakBytes
    statistics.uploads = uploads.load(ordering: .relaxed)
    statistics.downloads = downloads.load(ordering: .relaxed)
    statistics.launches = launches.load(ordering: .relaxed)
    return statistics
  }

  // MARK: Memory

  public func upload(_ values: UnsafeBufferPointer<Float>) -> any Storage {
    uploads.add(1, ordering: .relaxed)
    let storage = HostStorage(count: values.count, pool: pool)
    if !values.isEmpty { storage.pointer.update(from: values.baseAddress!, count: values.count) }
    return storage
  }

  public func download(_ storage: any Storage, into values: UnsafeMutableBufferPointer<Float>) throws {
    downloads.add(1, ordering: .relaxed)
    try synchronize()
    let source = read(storage, values.count, "download")
    if !values.isEmpty { values.baseAddress!.update(from: source, count: values.count) }
  }

  public func synchronize() throws {
    let failure = failure.withLock { failure in
      defer { failure = nil }
      return failure
    }
    if let failure { throw failure }
  }

  public func allocate(count: Int) -> any Storage { HostStorage(count: count, pool: pool) }

  public func fill(_ value: Float, count: Int) -> any Storage {
    compute(count) { output, range in vl_fill(value, output + range.lowerBound, range.count) }
  }

  // MARK: What every operation is made of

  /// Counts an operation.
  func launch() { launches.add(1, ordering: .relaxed) }

  /// New storage that `body` fills.
  @inline(__always)
  func make(_ count: Int, _ body: (_ output: UnsafeMutablePointer<Float>) -> Void) -> HostStorage {
    launch()
    let storage = HostStorage(count: count, pool: pool)
    if count > 0 { body(storage.pointer) }
    return storage
  }

  /// New storage whose elements do not depend on each other: `body` fills ranges of it on several threads.
  @inline(__always)
  func compute(
    _ count: Int, _ body: (_ output: UnsafeMutablePointer<Float>, _ range: Range<Int>) -> Void
  ) -> HostStorage {
    make(count) { output in team.forEachRange(of: count) { range in body(output, range) } }
  }

  /// Memory for the time of one operation.
  func scratch(_ count: Int) -> HostStorage { HostStorage(count: count, pool: pool) }

  /// The elements of one of our storages, which must be `count`; `role` names it when they are not.
  @inline(__always)
  func read(_ storage: any Storage, _ count: Int, _ role: StaticString) -> UnsafePointer<Float> {
    require(storage.count == count, "\(role): \(storage.count) values where \(count) are needed")
    guard let storage = storage as? HostStorage else {
      fatalError("\(role): storage of another backend (\(type(of: storage)))")
    }
    return UnsafePointer(storage.pointer)
  }

  /// Keeps the first failure for the next `synchronize` or `download`.
  func latch(_ error: any Error) {
    failure.withLock { failure in failure = failure ?? error }
  }
}
