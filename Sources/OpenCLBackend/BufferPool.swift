import COpenCL

/// Buffers that no storage uses any more, kept by size for the next that needs one.
///
/// The queue is in-order, so a buffer can be handed out again as soon as its storage is gone: whatever
/// still reads it was enqueued before whatever will write it. Not safe by itself; `OpenCLRuntime` holds its
/// lock around every call.
struct BufferPool {
  /// Vector loads may start at any element and run this many bytes past the last one; the bytes exist, and
  /// what is in them does not matter. It saves every kernel its scalar tail.
  static let slack = 64

  private var free: [Int: [cl_mem]] = [:]
  private(set) var inUse = 0
  private(set) var peak = 0
  private(set) var pooled = 0

  /// A buffer that is free, or nil if one must be created.
  mutating func take(size: Int) -> cl_mem? {
    guard let buffer = free[size]?.popLast() else { return nil }
    pooled -= size
    noteUse(of: size)
    return buffer
  }

  mutating func noteUse(of size: Int) {
    inUse += size
    peak = max(peak, inUse)
  }

  mutating func giveBack(_ buffer: cl_mem, size: Int) {
    inUse -= size
    pooled += size
    free[size, default: []].append(buffer)
  }

  /// Returns all free buffers to the driver.
  mutating func trim() {
    for buffer in free.values.joined() { clReleaseMemObject(buffer) }
    free = [:]
    pooled = 0
  }
}
