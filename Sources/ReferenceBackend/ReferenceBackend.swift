import Backends
import Synchronization

/// The definition of every operation: plain loops on the host, sums in double precision. It is complete,
/// slow and meant to be read; the other backends are tested against it.
public final class ReferenceBackend: Backend {
  public let identifier = "reference"
  public let name = "plain loops on the host"

  private let pool: HostMemoryPool
  let failure = HostFailure()
  private let uploads = Atomic(0)
  private let downloads = Atomic(0)
  private let launches = Atomic(0)

  /// - Parameter memoryLimit: The most bytes that arrays may hold; nil means what the system gives.
  public init(memoryLimit: Int? = nil) { pool = HostMemoryPool(limit: memoryLimit) }

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

  /// Every operation has finished when it returns, so there is nothing to wait for.
  public func synchronize() throws { try failure.throwFirst() }

  public func allocate(count: Int) -> any Storage { attempt(count) { _ in } }

  public func fill(_ value: Float, count: Int) -> any Storage {
    compute(count) { output in output.update(repeating: value, count: count) }
  }

  // MARK: What every operation is made of

  /// New storage with the elements that `body` writes.
  func compute(_ count: Int, _ body: (_ output: UnsafeMutablePointer<Float>) throws -> Void) -> HostStorage {
    launches.add(1, ordering: .relaxed)
    return attempt(count) { try body($0.pointer) }
  }

  /// What an operation gives that cannot run.
  func missing(_ count: Int) -> HostStorage { HostStorage(missing: count) }

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

  /// Storage that `body` fills by adding into double-precision accumulators, which start at zero.
  func accumulate(_ count: Int, _ body: (_ sums: UnsafeMutablePointer<Double>) -> Void) -> HostStorage {
    compute(count) { output in
      try withAccumulators(count) { sums in
        body(sums)
        for i in 0..<count { output[i] = Float(sums[i]) }
      }
    }
  }

  func withAccumulators(_ count: Int, _ body: (_ sums: UnsafeMutablePointer<Double>) -> Void) throws {
    let memory = try HostStorage(count: 2 * count, pool: pool)
    memory.pointer.withMemoryRebound(to: Double.self, capacity: count) { sums in
      sums.update(repeating: 0, count: count)
      body(sums)
    }
  }

  /// The elements of one of our storages, which must be `count`; `role` names it when they are not.
  func read(_ storage: any Storage, _ count: Int, _ role: StaticString) -> UnsafePointer<Float> {
    require(storage.count == count, "\(role): \(storage.count) values where \(count) are needed")
    guard let storage = storage as? HostStorage else {
      fatalError("\(role): storage of another backend (\(type(of: storage)))")
    }
    return UnsafePointer(storage.pointer)
  }
}
