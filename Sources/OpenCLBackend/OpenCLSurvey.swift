import COpenCL
import Foundation

/// The OpenCL devices of this machine, asked so that no driver can end this program.
///
/// Drivers are asked in a second process first. One that ends it, or has not answered after 20 s (the environment's
/// `FIGMENT_DRIVER_SECONDS`), is left out. The answer is remembered in the user's caches until the program, a driver's
/// files, the graphics cards or the environment change: drivers need not even be loaded to know that there is no card.
public struct OpenCLSurvey: Sendable {
  /// What is remembered of a device.
  public struct Device: Codable, Hashable, Sendable {
    public let kind: OpenCLDevice.Kind
    public let name: String
    public let platformName: String
    public let driverVersion: String
    /// In bytes.
    public let globalMemory: Int

    init(_ device: OpenCLDevice) {
      (kind, name, platformName) = (device.kind, device.name, device.platformName)
      (driverVersion, globalMemory) = (device.driverVersion, device.globalMemory)
    }
  }

  /// Graphics cards first; a device's place is its `opencl:N`.
  public let devices: [Device]
  /// One line that says why there is no device, or nil if there is one.
  public let reasonForNoDevice: String?
  /// Beside devices that can be used: a line for each driver that is left out. And a line for one that is installed without
  /// the file that would tell OpenCL of it.
  public let warnings: [String]

  private let record: DriverRecord
  /// Nil if the drivers have not been loaded into this process.
  private let loaded: OpenCLInventory?
  /// Whether no second process could be had.
  private let isUnanswered: Bool

  public init() {
    let surroundings = DriverSurroundings()
    if let remembered = DriverRecord(for: surroundings) {
      let loaded = remembered.devices == nil ? remembered.inventory() : nil
      self.init(remembered, loaded: loaded, file: DriverRecord.file(for: surroundings))
      return
    }
    do throws(OpenCLError) {
      var record = try DriverRecord(asking: surroundings)
      let loaded = record.inventory()
      if loaded.isLasting {
        (record.devices, record.reasonForNoDevice) = (loaded.devices.map(Device.init), loaded.reasonForNoDevice)
      }
      self.init(record, loaded: loaded, file: record.write(for: surroundings))
    } catch {
      var record = DriverRecord(stamp: surroundings.stamp)
      record.failure = "\(error)"
      self.init(record, loaded: record.inventory(), file: nil, isUnanswered: true)
    }
  }

  private init(_ record: DriverRecord, loaded: OpenCLInventory?, file: URL?, isUnanswered: Bool = false) {
    (self.record, self.loaded, self.isUnanswered) = (record, loaded, isUnanswered)
    devices = record.devices ?? loaded?.devices.map(Device.init) ?? []
    let isBad = record.failure != nil || !record.leftOut.isEmpty
    let hint = isBad ? file.map { " (remembered in \($0.path); to ask again, remove that file)" } ?? "" : ""
    reasonForNoDevice = (loaded?.reasonForNoDevice ?? record.reasonForNoDevice).map { $0 + hint }
    let leftOut =
      reasonForNoDevice != nil
      ? [] : record.leftOut.map { "the OpenCL platform \($0.platform.name) is left out: \($0.cause)\(hint)" }
    let unnamed = DriverSurroundings.unnamedDriver().map { library in
      "NVIDIA's driver is here, but no file tells OpenCL of it: as root, echo \(library) > /etc/OpenCL/vendors/nvidia.icd"
    }
    warnings = leftOut + (unnamed.map { [$0] } ?? [])
  }

  /// The devices themselves, of the drivers that can be asked in this process.
  ///
  /// - Parameter insists: Whether to ask them all where no second process could be had.
  package func inventory(insists: Bool = false) -> OpenCLInventory {
    insists && isUnanswered ? OpenCLInventory() : loaded ?? record.inventory()
  }
}

extension OpenCLInventory {
  /// Whether another process would find the same: where a driver gives another reason than that there is nothing, the
  /// reason may be gone by then.
  fileprivate var isLasting: Bool {
    failure == nil
      && platforms.allSatisfy { platform in
        switch platform.failure {
        case nil, .driverFailed: true
        case .callFailed(_, _, let code): code == CL_DEVICE_NOT_FOUND
        default: false
        }
      }
  }
}

extension DriverRecord {
  /// Asks the drivers in processes of their own: as many as there are drivers that end one, and one more.
  ///
  /// - Throws: What keeps such a process from being started.
  fileprivate init(asking surroundings: DriverSurroundings) throws(OpenCLError) {
    self.init(stamp: surroundings.stamp)
    let seconds = try DriverRecord.patience()
    var places = [Int]()
    while true {
      let process = DriverProcess(leavingOut: places, seconds: seconds)
      switch process.outcome {
      case .survived: return
      case .notStarted(let cause):
        throw .driverFailed(
          cause: "the OpenCL drivers cannot be asked in a second process (\(cause)); a device asked for by name is used")
      case .ended(let cause):
        let place = process.platforms.count - 1
        guard let platform = process.platforms.last, !places.contains(place), !platform.name.isEmpty else {
          failure = "one of the OpenCL drivers \(cause)"
          return
        }
        places.append(place)
        leftOut.append(Failure(platform: platform, cause: "its driver \(cause)"))
      }
    }
  }

  private static func patience() throws(OpenCLError) -> Int {
    let variable = "FIGMENT_DRIVER_SECONDS"
    guard let text = ProcessInfo.processInfo.environment[variable] else { return 20 }
    guard let seconds = Int(text), 1...3600 ~= seconds else {
      throw .driverFailed(cause: "\(variable) is \(text.debugDescription), not a number of seconds from 1 to 3600")
    }
    return seconds
  }

  /// What the drivers that are not left out have.
  fileprivate func inventory() -> OpenCLInventory {
    failure.map { OpenCLInventory(failure: .driverFailed(cause: $0)) } ?? OpenCLInventory(leavingOut: leftOut)
  }
}
