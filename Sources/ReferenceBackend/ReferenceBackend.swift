import Backends
import Synchronization

/// The definition of every operation: plain loops on the host, sums in double precision. It is complete,
/// slow and meant to be read; the other backends are tested against it.
public final class ReferenceBackend: Backend {
  public let identifier = "reference"
  public let name = "plain loops on the host"

  private let pool = HostMemoryPool()
  private let uploads = Atomic(0)
  private let downloads = Atomic(0)
  private let launches = Atomic(0)

  public init() {}

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
    _ = storage.values.initialize(from: values)
    return storage
  }

  public func download(_ storage: any Storage, into values: UnsafeMutableBufferPointer<Float>) throws {
    downloads.add(1, ordering: .relaxed)
    let source = read(storage, values.count, "download")
    _ = values.initialize(from: UnsafeBufferPointer(start: source, count: values.count))
  }

  /// Every operation has finished when it returns, so there is nothing to wait for.
  public func synchronize() throws {}

  public func allocate(count: Int) -> any Storage { HostStorage(count: count, pool: pool) }

  public func fill(_ value: Float, count: Int) -> any Storage {
    compute(count) { output in output.update(repeating: value, count: count) }
  }

  // MARK: What every operation is made of

  /// New storage with the elements that `body` writes.
  func compute(_ count: Int, _ body: (_ output: UnsafeMutablePointer<Float>) -> Void) -> HostStorage {
    launches.add(1, ordering: .relaxed)
    let storage = HostStorage(count: count, pool: pool)
    body(storage.pointer)
    return storage
  }

  /// Storage that `body` fills by adding into double-precision accumulators, which start at zero.
  func accumulate(_ count: Int, _ body: (_ sums: UnsafeMutablePointer<Double>) -> Void) -> HostStorage {
    compute(count) { output in
      withAccumulators(count) { sums in
        body(sums)
        for i in 0..<count { output[i] = Float(sums[i]) }
      }
    }
  }

  func withAccumulators(_ count: Int, _ body: (_ sums: UnsafeMutablePointer<Double>) -> Void) {
    let sums = UnsafeMutablePointer<Double>.allocate(capacity: count)
    defer { sums.deallocate() }
    sums.initialize(repeating: 0, count: count)
    body(sums)
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
