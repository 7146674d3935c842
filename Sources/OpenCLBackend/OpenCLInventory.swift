import COpenCL
import Foundation

/// Every OpenCL platform and device of this machine, and what went wrong while asking.
///
/// Nothing here throws: a machine without OpenCL is an ordinary machine, and `figment devices` has to say
/// what it found and what it did not.
public struct OpenCLInventory: Sendable {
  /// What one driver says about itself.
  public struct Platform: Sendable {
    /// `(unnamed)` if the driver does not tell.
    public let name: String
    /// `(unnamed)` if the driver does not tell.
    public let vendor: String
    /// Of OpenCL, then of the driver: `OpenCL 3.0 PoCL 3.1`.
    public let version: String
    /// How many of its devices told what they are.
    public let deviceCount: Int
    /// Why the platform shows no device, or not all of them.
    public let failure: OpenCLError?
  }

  /// In the order of the OpenCL loader.
  public private(set) var platforms: [Platform] = []
  /// The devices of all platforms, graphics cards first; a device's index is its `opencl:N`.
  public private(set) var devices: [OpenCLDevice] = []
  /// Why there is no platform at all: usually `CL_PLATFORM_NOT_FOUND_KHR`.
  public private(set) var failure: OpenCLError?

  /// Drivers set themselves up at the first question and the first context; PoCL crashes when two threads ask
  /// it at once.
  static let setupLock = NSLock()

  /// Asks the drivers in this process, which a broken one may end.
  public init() { self.init(leavingOut: []) }

  /// - Parameter failures: Drivers that are not asked for devices, and why.
  init(leavingOut failures: [DriverRecord.Failure]) {
    OpenCLInventory.setupLock.lock()
    defer { OpenCLInventory.setupLock.unlock() }
    // Debian's loader would ask them too, to sort the others.
    if !failures.isEmpty { setenv("OCL_ICD_PLATFORM_SORT", "none", 1) }
    do throws(OpenCLError) {
      for platform in try OpenCLInventory.platformHandles() { add(platform, leavingOut: failures) }
    } catch {
      failure = error
    }
    // A stable sort, so that equal kinds keep the order of the loader.
    devices = devices.enumerated().sorted { ($0.element.kind, $0.offset) < ($1.element.kind, $1.offset) }
      .map(\.element)
  }

  init(failure: OpenCLError?) { self.failure = failure }

  /// Of a machine whose drivers are not asked.
  package static let none = OpenCLInventory(failure: nil)

  /// One line that says why there is no device, or nil if there is one.
  public var reasonForNoDevice: String? {
    guard devices.isEmpty else { return nil }
    if let failure { return failure.description }
    if platforms.isEmpty { return "no OpenCL driver is installed" }
    return platforms.map { platform in
      "platform \(platform.name): \(platform.failure?.description ?? "no devices")"
    }.joined(separator: "; ")
  }

  private mutating func add(_ platform: cl_platform_id, leavingOut failures: [DriverRecord.Failure]) {
    func text(_ key: Int32) -> String { (try? platformText(platform, key)) ?? "(unnamed)" }
    let name = text(CL_PLATFORM_NAME), version = text(CL_PLATFORM_VERSION)
    var found = 0
    var problem: OpenCLError?
    defer {
      platforms.append(
        Platform(
          name: name, vendor: text(CL_PLATFORM_VENDOR), version: version, deviceCount: found, failure: problem))
    }
    if let failure = failures.first(where: { $0.platform == DriverRecord.Platform(name: name, version: version) }) {
      problem = .driverFailed(cause: failure.cause)
      return
    }
    do throws(OpenCLError) {
      for id in try OpenCLInventory.deviceHandles(platform) {
        do throws(OpenCLError) {
          devices.append(try OpenCLDevice(id: id, platform: platform))
          found += 1
        } catch {
          problem = error
        }
      }
    } catch {
      problem = error
    }
    if case .callFailed(_, _, let code)? = problem, code == CL_DEVICE_NOT_FOUND, name == PoCLCache.platformName {
      problem = PoCLCache.problem() ?? problem
    }
  }

  private static func platformHandles() throws(OpenCLError) -> [cl_platform_id] {
    let operation = "looking for OpenCL drivers"
    var count: cl_uint = 0
    try check(clGetPlatformIDs(0, nil, &count), "clGetPlatformIDs", during: operation)
    var handles = [cl_platform_id?](repeating: nil, count: Int(count))
    try check(clGetPlatformIDs(count, &handles, nil), "clGetPlatformIDs", during: operation)
    return handles.compactMap { $0 }
  }

  private static func deviceHandles(_ platform: cl_platform_id) throws(OpenCLError) -> [cl_device_id] {
    let operation = "looking for devices"
    let all = cl_device_type(CL_DEVICE_TYPE_ALL)
    var count: cl_uint = 0
    try check(clGetDeviceIDs(platform, all, 0, nil, &count), "clGetDeviceIDs", during: operation)
    var handles = [cl_device_id?](repeating: nil, count: Int(count))
    try check(clGetDeviceIDs(platform, all, count, &handles, nil), "clGetDeviceIDs", during: operation)
    return handles.compactMap { $0 }
  }
}
