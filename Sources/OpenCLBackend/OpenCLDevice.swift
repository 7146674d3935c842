import COpenCL

/// One device of one OpenCL platform, and what it says about itself.
public struct OpenCLDevice: @unchecked Sendable {
  // Unchecked: the handles are names of things the driver owns for the life of the process.
  let id: cl_device_id
  let platform: cl_platform_id

  public enum Kind: String, Sendable, Comparable {
    case gpu, accelerator, cpu, other

    private var rank: Int { [.gpu: 0, .accelerator: 1, .cpu: 2, .other: 3][self]! }
    /// Graphics cards come first.
    public static func < (left: Kind, right: Kind) -> Bool { left.rank < right.rank }
  }

  public let kind: Kind
  public let name: String
  public let vendor: String
  public let driverVersion: String
  public let version: String
  public let platformName: String
  public let platformVersion: String
  public let extensions: [String]
  public let computeUnits: Int
  public let clockMegahertz: Int
  public let globalMemory: Int
  public let maximumAllocation: Int
  public let localMemory: Int
  /// Floats in a vector register, as far as the device tells.
  public let vectorWidth: Int
  public let maximumWorkGroupSize: Int
  /// Whether the device can run and compile kernels at all.
  public let isUsable: Bool

  /// Whether a core has so many streamed lines under way that storing past the caches pays even where little is read
  /// between. Upsampling took 0.66 of its time by it on Zen 4, but more than before on Cascade Lake.
  var hasManyStreams: Bool { kind == .cpu && name.contains("AMD") }

  var isPoCL: Bool { platformName == "Portable Computing Language" }

  init(id: cl_device_id, platform: cl_platform_id) throws(OpenCLError) {
    self.id = id
    self.platform = platform
    let type: cl_device_type = try deviceValue(id, CL_DEVICE_TYPE, 0)
    kind =
      type & cl_device_type(CL_DEVICE_TYPE_GPU) != 0
      ? .gpu
      : type & cl_device_type(CL_DEVICE_TYPE_ACCELERATOR) != 0
        ? .accelerator : type & cl_device_type(CL_DEVICE_TYPE_CPU) != 0 ? .cpu : .other
    name = try deviceText(id, CL_DEVICE_NAME)
    vendor = try deviceText(id, CL_DEVICE_VENDOR)
    driverVersion = try deviceText(id, CL_DRIVER_VERSION)
    version = try deviceText(id, CL_DEVICE_VERSION)
    platformName = try platformText(platform, CL_PLATFORM_NAME)
    platformVersion = try platformText(platform, CL_PLATFORM_VERSION)
    extensions = try deviceText(id, CL_DEVICE_EXTENSIONS).split(separator: " ").map(String.init)
    computeUnits = Int(try deviceValue(id, CL_DEVICE_MAX_COMPUTE_UNITS, cl_uint(0)))
    clockMegahertz = Int(try deviceValue(id, CL_DEVICE_MAX_CLOCK_FREQUENCY, cl_uint(0)))
    globalMemory = Int(try deviceValue(id, CL_DEVICE_GLOBAL_MEM_SIZE, cl_ulong(0)))
    maximumAllocation = Int(try deviceValue(id, CL_DEVICE_MAX_MEM_ALLOC_SIZE, cl_ulong(0)))
    localMemory = Int(try deviceValue(id, CL_DEVICE_LOCAL_MEM_SIZE, cl_ulong(0)))
    vectorWidth = Int(try deviceValue(id, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, cl_uint(0)))
    maximumWorkGroupSize = try deviceValue(id, CL_DEVICE_MAX_WORK_GROUP_SIZE, 0)
    let available: cl_bool = try deviceValue(id, CL_DEVICE_AVAILABLE, 0)
    let compiles: cl_bool = try deviceValue(id, CL_DEVICE_COMPILER_AVAILABLE, 0)
    isUsable = available != 0 && compiles != 0
  }
}

private func deviceValue<Value: BitwiseCopyable>(
  _ id: cl_device_id, _ key: Int32, _ initial: Value
) throws(OpenCLError) -> Value {
  var value = initial
  try check(
    clGetDeviceInfo(id, cl_device_info(key), MemoryLayout<Value>.size, &value, nil), "clGetDeviceInfo",
    during: "asking a device about itself")
  return value
}

private func deviceText(_ id: cl_device_id, _ key: Int32) throws(OpenCLError) -> String {
  try infoText("asking a device about itself", "clGetDeviceInfo") {
    clGetDeviceInfo(id, cl_device_info(key), $0, $1, $2)
  }
}

func platformText(_ id: cl_platform_id, _ key: Int32) throws(OpenCLError) -> String {
  try infoText("asking a platform about itself", "clGetPlatformInfo") {
    clGetPlatformInfo(id, cl_platform_info(key), $0, $1, $2)
  }
}

/// The two-call dance of OpenCL's text queries: the size first, then the bytes.
func infoText(
  _ operation: String, _ call: String,
  _ query: (Int, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int>?) -> Int32
) throws(OpenCLError) -> String {
  var size = 0
  try check(query(0, nil, &size), call, during: operation)
  var bytes = [UInt8](repeating: 0, count: size)
  try check(query(size, &bytes, nil), call, during: operation)
  let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  return String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
}
