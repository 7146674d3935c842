import Backends
import COpenCL

/// A buffer on the device, given back to its runtime's pool when nobody refers to it any more.
public final class OpenCLStorage: Storage, @unchecked Sendable {
  // Unchecked: the handle never changes, and its contents are ordered by the runtime's one queue.
  public let count: Int
  /// Nil if there was no memory for it; the failure is latched in the runtime.
  let buffer: cl_mem?
  let runtime: OpenCLRuntime

  init(count: Int, buffer: cl_mem?, runtime: OpenCLRuntime) {
    (self.count, self.buffer, self.runtime) = (count, buffer, runtime)
  }

  deinit {
    if let buffer { runtime.giveBack(buffer, count: count) }
  }
}
