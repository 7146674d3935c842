import Backends
import COpenCL
import Kernels

/// A compiled kernel of one specialisation.
public final class OpenCLKernel: @unchecked Sendable {
  // Unchecked: arguments are set and the kernel enqueued under the runtime's lock.
  let handle: cl_kernel
  private let program: cl_program
  public let name: String
  /// Where it stands, and with which macros it was compiled.
  let source: KernelSource
  let options: String
  /// The most work-items a group of this kernel may have on this device.
  public let maximumWorkGroupSize: Int

  /// - Parameter program: Lives as long as the runtime.
  init(
    _ name: String, of program: cl_program, _ source: KernelSource, _ options: String, on device: OpenCLDevice
  ) throws(OpenCLError) {
    var code: Int32 = 0
    let kernel = clCreateKernel(program, name, &code)
    try check(code, "clCreateKernel", during: "kernel \(name)")
    var size = 1
    clGetKernelWorkGroupInfo(
      kernel, device.id, cl_kernel_work_group_info(CL_KERNEL_WORK_GROUP_SIZE), MemoryLayout<Int>.size, &size, nil)
    (handle, self.program, self.name, maximumWorkGroupSize) = (kernel!, program, name, size)
    (self.source, self.options) = (source, options)
  }

  private init(_ other: OpenCLKernel) throws(OpenCLError) {
    var code: Int32 = 0
    let kernel = clCreateKernel(other.program, other.name, &code)
    try check(code, "clCreateKernel", during: "kernel \(other.name)")
    (handle, program, name) = (kernel!, other.program, other.name)
    (source, options) = (other.source, other.options)
    maximumWorkGroupSize = other.maximumWorkGroupSize
  }

  /// The same with arguments of its own.
  func copy() throws(OpenCLError) -> OpenCLKernel { try OpenCLKernel(self) }

  deinit { clReleaseKernel(handle) }
}

/// A launch, as it would be of a device.
package struct LaunchNote: Hashable, Sendable {
  package let source: KernelSource
  package let kernel: String
  /// Macros, as the compiler gets them.
  package let options: String
  package let global: [Int]
  package let local: [Int]
  package let load: LaunchLoad

  init(_ kernel: OpenCLKernel, _ global: WorkSize, _ local: WorkSize, _ load: LaunchLoad) {
    (source, self.kernel, options, self.load) = (kernel.source, kernel.name, kernel.options, load)
    (self.global, self.local) = ([global.x, global.y, global.z], [local.x, local.y, local.z])
  }
}

/// What a launch has to do.
package struct LaunchLoad: Hashable, Sendable {
  /// Multiply-adds of a product, as many as are made; 0 of all else.
  package var multiplyAdds = 0
  /// Of all buffers that the kernel gets, each once: what it must read and write if it writes none that it reads, and reads
  /// all of each.
  package var bytes = 0
}

/// What tells a runtime's kernels apart: kernel names differ between sources. It is made and looked up at
/// every launch, so it is hashed as it stands; making a string of it would take several microseconds.
struct KernelKey: Hashable {
  let name: String
  /// In the order of the call, which matters.
  let macros: [Macro]

  /// What the compiler is told.
  var options: String { macros.map { " -D\($0.name)=\($0.value)" }.joined() }
}

struct Macro: Hashable {
  let name: String
  let value: Value

  init(_ name: String, _ value: any MacroValue) { (self.name, self.value) = (name, value.asMacro) }

  enum Value: Hashable, CustomStringConvertible {
    case number(Int)
    case text(String)

    var description: String {
      switch self {
      case .number(let number): "\(number)"
      case .text(let text): text
      }
    }
  }
}

/// What a macro can be defined as: a number or a piece of text.
protocol MacroValue {
  var asMacro: Macro.Value { get }
}

extension Int: MacroValue {
  var asMacro: Macro.Value { .number(self) }
}

extension String: MacroValue {
  var asMacro: Macro.Value { .text(self) }
}

/// What a kernel is called with, in the order of its parameters.
public enum KernelArgument {
  case buffer(OpenCLStorage)
  /// A number, an extent or a distance of 32 bits; one that does not fit is an error when the kernel is launched.
  case int(Int)
  /// The same without a sign.
  case count(Int)
  case uint(UInt32)
  case ulong(UInt64)
  case float(Float)
  /// A struct by value: the words in the order of its fields, all 32 bits wide, or all 64.
  case words([Int])
  case longWords([Int])
  /// The counter of blocks that work-groups have taken: see `takeBlock` of `gemm.cl`.
  case taken
  /// So many bytes of local memory.
  case local(bytes: Int)
}

/// The extent of an index space or of a work-group.
public struct WorkSize: Equatable, Sendable {
  public var x: Int, y: Int, z: Int
  public init(_ x: Int, _ y: Int = 1, _ z: Int = 1) { (self.x, self.y, self.z) = (x, y, z) }

  /// The least index space of whole groups that holds this one.
  public func rounded(to group: WorkSize) -> WorkSize {
    WorkSize(x.roundedUp(to: group.x), y.roundedUp(to: group.y), z.roundedUp(to: group.z))
  }
}
