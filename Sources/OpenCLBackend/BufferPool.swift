import Backends
import COpenCL

/// Buffers that no storage uses any more, kept by size for the next that needs one of that size, or not much less.
///
/// The queue is in-order, so a buffer can be handed out again as soon as its storage is gone: whatever
/// still reads it was enqueued before whatever will write it. Not safe by itself; `OpenCLRuntime` holds its
/// lock around every call.
struct BufferPool {
  /// Vector loads may start at any element and run this many bytes past the last one; the bytes exist, and
  /// what is in them does not matter. It saves every kernel its scalar tail.
  static let slack = 64
  /// Smaller buffers are worth neither a search nor a release.
  static let large = 1 << 20

  /// A buffer and its size, which may be more than was asked for.
  struct Buffer {
    let handle: cl_mem
    let size: Int
  }

  private struct Free {
    let handle: cl_mem
    /// When it was given back, in buffers taken since the pool was made.
    let time: Int
  }

  /// Buffers taken after which the release of one of a size, which is wanted again, was no mistake.
  private static let soon = 4096

  private let release: (cl_mem) -> Void
  /// By size, in each the last used last.
  private var free: [Int: [Free]] = [:]
  private var time = 0
  /// Bytes that storages asked for, and the most they ever did.
  private(set) var inUse = 0
  private(set) var peak = 0
  /// Bytes of all buffers, but those in use.
  var pooled: Int { owned - inUse }
  private var owned = 0
  /// When a buffer of a size was last released.
  private var released: [Int: Int] = [:]
  /// Bytes that were released but soon wanted again: a step needs sizes that are never in use at the same time.
  private var regretted = 0

  init(release: @escaping (cl_mem) -> Void = { clReleaseMemObject($0) }) { self.release = release }

  /// A buffer that is free, or nil if one must be created.
  mutating func take(size: Int) -> Buffer? {
    time += 1
    guard let fitting = free[size]?.isEmpty == false ? size : nearest(to: size), let last = free[fitting]?.popLast() else {
      return nil
    }
    noteUse(of: size)
    return Buffer(handle: last.handle, size: fitting)
  }

  /// The least size at most a half larger: the last batch of an epoch, which is smaller, then uses the buffers of the
  /// others.
  private func nearest(to size: Int) -> Int? {
    guard size >= Self.large else { return nil }
    return free.keys.filter { $0 > size && $0 <= size + size / 2 && free[$0]?.isEmpty == false }.min()
  }

  /// Releases large buffers, the longest unused first, while with `size` bytes more the pool would hold much more than
  /// was ever in use: what another batch size left behind. An eighth more is not much, nor are the regretted bytes up to a half.
  mutating func makeRoom(for size: Int) {
    if let last = released[size], time - last < Self.soon { regretted += size }
    let most = max(peak, inUse + size), limit = most + min(most / 8 + regretted, most / 2)
    while owned + size > limit {
      let oldest = free.filter { $0.key >= Self.large && !$0.value.isEmpty }.min { $0.value[0].time < $1.value[0].time }
      guard let (oldestSize, _) = oldest else { return }
      release(free[oldestSize]!.removeFirst().handle)
      owned -= oldestSize
      released[oldestSize] = time
    }
  }

  /// A buffer of `size` bytes was created, for a storage that asked for as many.
  mutating func noteCreation(of size: Int) {
    owned += size
    noteUse(of: size)
  }

  private mutating func noteUse(of size: Int) {
    inUse += size
    peak = max(peak, inUse)
  }

  /// - Parameter requested: What the storage asked for.
  mutating func giveBack(_ buffer: Buffer, requested: Int) {
    inUse -= requested
    free[buffer.size, default: []].append(Free(handle: buffer.handle, time: time))
  }

  /// Returns all free buffers to the driver.
  mutating func trim() {
    for (size, buffers) in free {
      for buffer in buffers { release(buffer.handle) }
      owned -= size * buffers.count
    }
    free = [:]
  }
}
