import COpenCL

/// One device of one OpenCL platform, and what it says about itself.
public struct OpenCLDevice: @unchecked Sendable {
  // Unchecked: the handles are names of things the driver owns for the life of the process.
  let id: cl_device_id
  var platform: cl_platform_id

  /// What sort of device it is, in the order of preference.
  public enum Kind: String, Sendable, Comparable {
    /// A graphics card.
    case gpu
    /// A device made for computing alone.
    case accelerator
    /// The processor of this machine.
    case cpu
    /// None of these.
    case other

    private var rank: Int { [.gpu: 0, .accelerator: 1, .cpu: 2, .other: 3][self]! }
    /// Graphics cards come first.
    public static func < (left: Kind, right: Kind) -> Bool { left.rank < right.rank }
  }

  // Variables, so that tests can make up devices that no driver here reports.
  /// By what its driver says.
  public internal(set) var kind: Kind
  /// The maker's name for it.
  public internal(set) var name: String
  /// Its maker.
  public internal(set) var vendor: String
  /// As its driver writes it.
  public internal(set) var driverVersion: String
  /// Of OpenCL: `OpenCL 3.0`, and what the driver adds.
  public internal(set) var version: String
  /// Of the driver: `Portable Computing Language` for PoCL.
  public internal(set) var platformName: String
  /// Of the driver's OpenCL: `OpenCL 3.0`, and what the driver adds.
  public internal(set) var platformVersion: String
  /// Names of OpenCL extensions, such as `cl_khr_fp16`.
  public internal(set) var extensions: [String]
  /// Work-groups that it computes at once: multiprocessors of a card, threads of a processor.
  public internal(set) var computeUnits: Int
  /// The highest clock rate, in MHz, as the driver tells it.
  public internal(set) var clockMegahertz: Int
  /// Its memory, in bytes.
  public internal(set) var globalMemory: Int
  /// The largest single buffer, in bytes.
  public internal(set) var maximumAllocation: Int
  /// Memory that the work-items of a work-group share, in bytes.
  public internal(set) var localMemory: Int
  /// Floats in a vector register, as far as the device tells.
  public internal(set) var vectorWidth: Int
  /// Work-items in a work-group.
  public internal(set) var maximumWorkGroupSize: Int
  /// Whether it has memory of its own.
  public internal(set) var isDiscrete: Bool
  /// Where it is plugged in, and the identifier that all drivers give it; nil if the driver does not tell.
  var address: PCIAddress?
  var universalIdentifier: [UInt8]?
  var isAvailable: Bool
  var hasCompiler: Bool

  /// Why nothing can be computed on it, or nil.
  var defect: String? {
    if !isAvailable { return "its driver says that it is not available" }
    if !hasCompiler { return "its driver has no compiler" }
    let extents = [
      ("compute units", computeUnits), ("memory", globalMemory), ("the largest buffer", maximumAllocation),
      ("the largest work-group", maximumWorkGroupSize),
    ]
    return extents.first { $0.1 <= 0 }.map { "its driver reports \($0.0): \($0.1)" }
  }

  /// Whether a core has so many streamed lines under way that storing past the caches pays even where little is read
  /// between. Upsampling took 0.66 of its time by it on Zen 4, but more than before on Cascade Lake.
  var hasManyStreams: Bool { kind == .cpu && name.contains("AMD") }

  /// What its compiler is told besides of products.
  ///
  /// Of NVIDIA's alone the machine code does not await loads under a condition before it multiplies (and loads without were 8 %
  /// slower on an H200); Intel's awaits others if its compiler knows how long the loop is that multiplies. Threads of Intel's cards
  /// with twice the registers are half as many and, as its compiler takes it, twice as wide: as many items are resident, none of
  /// whose values go to memory. Cards that take the option are those that multiply matrices.
  var productOptions: String {
    guard kind == .gpu else { return "" }
    let doublesRegisters = extensions.contains("cl_intel_subgroup_matrix_multiply_accumulate")
    return (vendor.contains("NVIDIA") ? "" : " -DLOADS_ANYWAY") + (vendor.contains("Intel") ? " -DUNKNOWN_DEPTH" : "")
      + (doublesRegisters ? " -cl-intel-256-GRF-per-thread" : "")
  }

  /// What computes work-groups independently of the others. Intel counts the vector engines of its graphics cards instead,
  /// sixteen of which share their local memory.
  var multiprocessors: Int {
    kind == .gpu && vendor.contains("Intel") ? max(1, computeUnits / 16) : computeUnits
  }

  var isPoCL: Bool { platformName == PoCLCache.platformName }

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
    globalMemory = Int(clamping: try deviceValue(id, CL_DEVICE_GLOBAL_MEM_SIZE, cl_ulong(0)))
    maximumAllocation = Int(clamping: try deviceValue(id, CL_DEVICE_MAX_MEM_ALLOC_SIZE, cl_ulong(0)))
    localMemory = Int(clamping: try deviceValue(id, CL_DEVICE_LOCAL_MEM_SIZE, cl_ulong(0)))
    vectorWidth = Int(try deviceValue(id, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, cl_uint(0)))
    maximumWorkGroupSize = try deviceValue(id, CL_DEVICE_MAX_WORK_GROUP_SIZE, 0)
    let available: cl_bool = try deviceValue(id, CL_DEVICE_AVAILABLE, 0)
    let compiles: cl_bool = try deviceValue(id, CL_DEVICE_COMPILER_AVAILABLE, 0)
    (isAvailable, hasCompiler) = (available != 0, compiles != 0)
    // Out of use since OpenCL 2.0: a driver may have forgotten it.
    let sharesMemory: cl_bool = (try? deviceValue(id, CL_DEVICE_HOST_UNIFIED_MEMORY, 0)) ?? 0
    isDiscrete = kind != .cpu && sharesMemory == 0
    address = PCIAddress(of: id, extensions: extensions)
    universalIdentifier = OpenCLDevice.universalIdentifier(of: id, extensions: extensions)
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
