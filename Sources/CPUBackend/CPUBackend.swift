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
  let pool: HostMemoryPool
  let oneDNN: OneDNN
  let failure = HostFailure()
  private let uploads = Atomic(0)
  private let downloads = Atomic(0)
  private let launches = Atomic(0)

  /// - Parameters:
  ///   - threads: How many threads to compute with, of which OpenMP may grant fewer; nil means what `OMP_NUM_THREADS`
  ///     says, else one for every processor that this process may use.
  ///   - memoryLimit: The most bytes that arrays may hold; nil means what the system gives.
  public init(threads: Int? = nil, memoryLimit: Int? = nil) {
    team = ThreadTeam(threads: threads)
    oneDNN = OneDNN(team: team)
    pool = HostMemoryPool(limit: memoryLimit)
    name = "\(processorName()), \(team.threads) \(team.threads == 1 ? "thread" : "threads")"
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
    return attempt(values.count) { storage in
      if !values.isEmpty { storage.pointer.update(from: values.baseAddress!, count: values.count) }
    }
  }

  public func download(_ storages: [any Storage], into values: UnsafeMutableBufferPointer<Float>) throws {
    downloads.add(1, ordering: .relaxed)
    try failure.download(storages, into: values) { read($0, $0.count, "download") }
  }

  public func synchronize() throws { try failure.throwFirst() }

  public func allocate(count: Int) -> any Storage { attempt(count) { _ in } }

  public func fill(_ value: Float, count: Int) -> any Storage {
    compute(count) { output, range in vl_fill(value, output + range.lowerBound, range.count) }
  }

  // MARK: What every operation is made of

  /// Counts an operation.
  func launch() { launches.add(1, ordering: .relaxed) }

  /// New storage that `body` fills.
  @inline(__always)
  func make(_ count: Int, _ body: (_ output: UnsafeMutablePointer<Float>) throws -> Void) -> HostStorage {
    launch()
    return attempt(count) { storage in if count > 0 { try body(storage.pointer) } }
  }

  /// New storages that `body` fills, all or none.
  func make(
    _ counts: Int..., body: (_ outputs: [UnsafeMutablePointer<Float>]) throws -> Void
  ) -> [HostStorage] {
    launch()
    do {
      let storages = try counts.map { try HostStorage(count: $0, pool: pool) }
      try body(storages.map(\.pointer))
      return storages
    } catch {
      failure.latch(error)
      return counts.map { missing($0) }
    }
  }

  /// What an operation gives that cannot run.
  func missing(_ count: Int) -> HostStorage { HostStorage(missing: count) }

  @inline(__always)
  private func attempt(_ count: Int, _ body: (HostStorage) throws -> Void) -> HostStorage {
    do {
      let storage = try HostStorage(count: count, pool: pool)
      try body(storage)
      return storage
    } catch {
      failure.latch(error)
      return missing(count)
    }
  }

  /// New storage whose elements do not depend on each other: `body` fills ranges of it on several threads.
  @inline(__always)
  func compute(
    _ count: Int, _ body: (_ output: UnsafeMutablePointer<Float>, _ range: Range<Int>) -> Void
  ) -> HostStorage {
    make(count) { output in team.forEachRange(of: count) { range in body(output, range) } }
  }

  /// Memory for the time of one operation.
  func scratch(_ count: Int) throws(HostMemoryError) -> HostStorage { try HostStorage(count: count, pool: pool) }

  /// The elements of one of our storages, which must be `count`; `role` names it when they are not.
  @inline(__always)
  func read(_ storage: any Storage, _ count: Int, _ role: StaticString) -> UnsafePointer<Float> {
    require(storage.count == count, "\(role): \(storage.count) values where \(count) are needed")
    guard let storage = storage as? HostStorage else {
      fatalError("\(role): storage of another backend (\(type(of: storage)))")
    }
    return UnsafePointer(storage.pointer)
  }
}
