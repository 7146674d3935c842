import Backends
import COpenCL
import Synchronization

/// A buffer on the device, given back to its runtime's pool when nobody refers to it any more.
public final class OpenCLStorage: Storage, @unchecked Sendable {
  // Unchecked: the handle never changes, and its contents are ordered by the runtime's one queue.
  public let count: Int
  /// Nil if there was no memory for it; the failure is latched in the runtime.
  var buffer: cl_mem? { memory?.handle }
  let runtime: OpenCLRuntime
  /// Whether parts are still to be added up into it; `OpenCLBackend.own` sees to it.
  let isPending = Atomic(false)
  private let memory: BufferPool.Buffer?

  init(count: Int, memory: BufferPool.Buffer?, runtime: OpenCLRuntime) {
    (self.count, self.memory, self.runtime) = (count, memory, runtime)
  }

  deinit {
    if let memory { runtime.giveBack(memory, count: count) }
  }
}
