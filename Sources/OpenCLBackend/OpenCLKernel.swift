import COpenCL

/// A compiled kernel of one specialisation.
public final class OpenCLKernel: @unchecked Sendable {
  // Unchecked: arguments are set and the kernel enqueued under the runtime's lock.
  let handle: cl_kernel
  public let name: String
  /// The most work-items a group of this kernel may have on this device.
  public let maximumWorkGroupSize: Int

  init(handle: cl_kernel, name: String, maximumWorkGroupSize: Int) {
    (self.handle, self.name, self.maximumWorkGroupSize) = (handle, name, maximumWorkGroupSize)
  }

  deinit { clReleaseKernel(handle) }
}

/// What a kernel is called with, in the order of its parameters.
public enum KernelArgument {
  case buffer(OpenCLStorage)
  case int(Int32)
  case uint(UInt32)
  case ulong(UInt64)
  case float(Float)
  /// A struct by value: the words in the order of its fields, all 32 bits wide.
  case words([Int32])
  /// So many bytes of local memory.
  case local(bytes: Int)
}

/// The extent of an index space or of a work-group.
public struct WorkSize: Equatable, Sendable {
  public var x: Int, y: Int, z: Int
  public init(_ x: Int, _ y: Int = 1, _ z: Int = 1) { (self.x, self.y, self.z) = (x, y, z) }

  /// The least index space of whole groups that holds this one.
  public func rounded(to group: WorkSize) -> WorkSize {
    func up(_ value: Int, _ step: Int) -> Int { (value + step - 1) / step * step }
    return WorkSize(up(x, group.x), up(y, group.y), up(z, group.z))
  }
}
