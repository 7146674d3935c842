import COpenCL

/// What can go wrong on an OpenCL device, with the names OpenCL gives its errors.
public enum OpenCLError: Error, Equatable, Sendable, CustomStringConvertible {
  /// An OpenCL call returned an error. `operation` is what was being done for the user, `call` the function.
  case callFailed(operation: String, call: String, code: Int32)
  /// A kernel does not compile; `log` is what the compiler wrote.
  case buildFailed(kernel: String, code: Int32, log: String)
  /// No memory is left for a tensor; `requested`, `inUse` and `deviceMemory` are bytes.
  case outOfMemory(requested: Int, inUse: Int, deviceMemory: Int, code: Int32)
  /// An operation was given the result of one that had failed before it.
  case inputMissing(operation: String)
  /// There is no device `index`; `available` are the names of those there are, `cause` says why there is none.
  case noSuchDevice(index: Int, available: [String], cause: String?)
  /// A kernel computed element `index` of its result wrongly.
  case selfTestFailed(kernel: String, index: Int, expected: Float, actual: Float)
  /// A device that says of itself that nothing can be computed on it.
  case unusableDevice(name: String, cause: String)
  /// A driver that shows no device, or would crash, because it cannot write its own cache.
  case driverCacheNotWritable(folder: String, variable: String)
  /// A driver, or all of them, that ended or held up a process that asked for devices; or no such process could be had.
  case driverFailed(cause: String)
  /// An extent or a distance in elements that the kernels cannot count to.
  case tooLarge(extent: Int)

  public var description: String {
    switch self {
    case .callFailed(let operation, let call, let code):
      return "\(operation): \(call) failed with \(OpenCLError.name(of: code))"
    case .buildFailed(let kernel, let code, let log):
      return "kernel \(kernel) does not build: \(OpenCLError.name(of: code))\n\(log)"
    case .outOfMemory(let requested, let inUse, let deviceMemory, let code):
      return """
        out of memory on the device: \(byteCount(requested)) asked for, \(byteCount(inUse)) in use of \
        \(byteCount(deviceMemory)) (\(OpenCLError.name(of: code))); a smaller batch needs less
        """
    case .inputMissing(let operation):
      return "\(operation): an input is missing because the operation that makes it failed"
    case .noSuchDevice(let index, let available, let cause):
      let reason = cause.map { " (\($0))" } ?? ""
      guard !available.isEmpty else { return "there is no OpenCL device\(reason)" }
      return "there is no OpenCL device \(index); available: "
        + available.enumerated().map { "opencl:\($0.offset) (\($0.element))" }.joined(separator: ", ")
    case .selfTestFailed(let kernel, let index, let expected, let actual):
      return "self-test of \(kernel) failed: element \(index) is \(actual), not \(expected)"
    case .unusableDevice(let name, let cause): return "\(name) cannot compute: \(cause)"
    case .driverCacheNotWritable(let folder, let variable):
      return "the driver cannot write to its cache folder \(folder); make that writable, or set \(variable) to one that is"
    case .driverFailed(let cause): return cause
    case .tooLarge(let extent):
      return "\(extent) elements along one axis are more than OpenCL kernels count to (2³¹); make the tensor or batch smaller"
    }
  }

  /// `CL_DEVICE_NOT_FOUND` for −1 and so on.
  public static func name(of code: Int32) -> String {
    if let name = names[code] { return name }
    return "OpenCL error \(code)"
  }

  private static let names: [Int32: String] = [
    -1: "CL_DEVICE_NOT_FOUND", -2: "CL_DEVICE_NOT_AVAILABLE", -3: "CL_COMPILER_NOT_AVAILABLE",
    -4: "CL_MEM_OBJECT_ALLOCATION_FAILURE", -5: "CL_OUT_OF_RESOURCES", -6: "CL_OUT_OF_HOST_MEMORY",
    -7: "CL_PROFILING_INFO_NOT_AVAILABLE", -8: "CL_MEM_COPY_OVERLAP", -9: "CL_IMAGE_FORMAT_MISMATCH",
    -10: "CL_IMAGE_FORMAT_NOT_SUPPORTED", -11: "CL_BUILD_PROGRAM_FAILURE", -12: "CL_MAP_FAILURE",
    -13: "CL_MISALIGNED_SUB_BUFFER_OFFSET", -14: "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST",
    -15: "CL_COMPILE_PROGRAM_FAILURE", -16: "CL_LINKER_NOT_AVAILABLE", -17: "CL_LINK_PROGRAM_FAILURE",
    -18: "CL_DEVICE_PARTITION_FAILED", -19: "CL_KERNEL_ARG_INFO_NOT_AVAILABLE",
    -30: "CL_INVALID_VALUE", -31: "CL_INVALID_DEVICE_TYPE", -32: "CL_INVALID_PLATFORM",
    -33: "CL_INVALID_DEVICE", -34: "CL_INVALID_CONTEXT", -35: "CL_INVALID_QUEUE_PROPERTIES",
    -36: "CL_INVALID_COMMAND_QUEUE", -37: "CL_INVALID_HOST_PTR", -38: "CL_INVALID_MEM_OBJECT",
    -39: "CL_INVALID_IMAGE_FORMAT_DESCRIPTOR", -40: "CL_INVALID_IMAGE_SIZE", -41: "CL_INVALID_SAMPLER",
    -42: "CL_INVALID_BINARY", -43: "CL_INVALID_BUILD_OPTIONS", -44: "CL_INVALID_PROGRAM",
    -45: "CL_INVALID_PROGRAM_EXECUTABLE", -46: "CL_INVALID_KERNEL_NAME",
    -47: "CL_INVALID_KERNEL_DEFINITION", -48: "CL_INVALID_KERNEL", -49: "CL_INVALID_ARG_INDEX",
    -50: "CL_INVALID_ARG_VALUE", -51: "CL_INVALID_ARG_SIZE", -52: "CL_INVALID_KERNEL_ARGS",
    -53: "CL_INVALID_WORK_DIMENSION", -54: "CL_INVALID_WORK_GROUP_SIZE", -55: "CL_INVALID_WORK_ITEM_SIZE",
    -56: "CL_INVALID_GLOBAL_OFFSET", -57: "CL_INVALID_EVENT_WAIT_LIST", -58: "CL_INVALID_EVENT",
    -59: "CL_INVALID_OPERATION", -60: "CL_INVALID_GL_OBJECT", -61: "CL_INVALID_BUFFER_SIZE",
    -62: "CL_INVALID_MIP_LEVEL", -63: "CL_INVALID_GLOBAL_WORK_SIZE", -64: "CL_INVALID_PROPERTY",
    -65: "CL_INVALID_IMAGE_DESCRIPTOR", -66: "CL_INVALID_COMPILER_OPTIONS", -67: "CL_INVALID_LINKER_OPTIONS",
    -68: "CL_INVALID_DEVICE_PARTITION_COUNT", -1001: "CL_PLATFORM_NOT_FOUND_KHR",
  ]
}

/// Throws `callFailed` for anything but success. Its texts are put together only then: it is called for every argument
/// of every launch.
func check(
  _ code: Int32, _ call: @autoclosure () -> String, during operation: @autoclosure () -> String
) throws(OpenCLError) {
  if code != CL_SUCCESS { throw .callFailed(operation: operation(), call: call(), code: code) }
}

/// 1536 → "1.5 KiB".
func byteCount(_ bytes: Int) -> String {
  var value = Double(bytes), unit = 0
  let units = ["B", "KiB", "MiB", "GiB", "TiB"]
  while value >= 1024, unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
  let tenths = Int((value * 10).rounded())
  return unit == 0 ? "\(bytes) B" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
}
