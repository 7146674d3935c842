import Backends
import CPUBackend
import Files
import Foundation
import Logging
import OpenCLBackend
import ReferenceBackend
import Synchronization
import Tensors

/// Which device computes, and why that one.
public struct DeviceSelection: Sendable {
  /// The one that computes.
  public let device: Device
  /// One line for people: `the best OpenCL graphics card that passes its self-test`.
  public package(set) var reason: String
  /// What went wrong with better devices on the way.
  public let warnings: [String]

  /// The best OpenCL graphics card that passes its self-test, else the CPU. Nothing that fails while a card is set up
  /// is an error: it becomes a warning with its cause.
  ///
  /// Cards with memory of their own come first, then those with more memory and more compute units. Where two drivers
  /// offer one card, the newer OpenCL is tried first. OpenCL devices that are no graphics cards compute on the
  /// processor, which the CPU backend does faster; they are only tried if `considersEveryKind`, by default if the
  /// environment has `FIGMENT_AUTO_DEVICES=all`. Not even a driver that ends the process that asks it ends this one:
  /// drivers are asked in a second process first.
  public static func automatic(considersEveryKind: Bool? = nil) -> DeviceSelection {
    automatic(considersEveryKind: considersEveryKind, configuration: { _ in .fromEnvironment })
  }

  /// - Parameters:
  ///   - survey: What the drivers answered, if they have been asked already.
  ///   - configuration: How to open the OpenCL device of an index: a place where tests make devices fail.
  package static func automatic(
    considersEveryKind: Bool? = nil, _ survey: OpenCLSurvey = OpenCLSurvey(),
    configuration: (Int) -> OpenCLConfiguration = { _ in .fromEnvironment }
  ) -> DeviceSelection {
    let everyKind =
      considersEveryKind ?? (ProcessInfo.processInfo.environment["FIGMENT_AUTO_DEVICES"] == "all")
    var warnings = survey.warnings
    if let failure = survey.reasonForNoDevice { warnings.append("no OpenCL device: \(failure)") }
    // Drivers take as long to load as the rest of a short command.
    let mayCompute = survey.devices.contains { everyKind || $0.kind == .gpu }
    let inventory = mayCompute ? survey.inventory() : OpenCLInventory.none
    for index in CardRanking.cards(among: inventory.devices, everyKind: everyKind).joined() {
      let device = inventory.devices[index]
      do {
        let backend = try OpenCLBackend(
          deviceIndex: index, inventory: inventory, configuration: configuration(index))
        try backend.selfTest()
        let kind = device.kind == .gpu ? "OpenCL graphics card" : "OpenCL device"
        return DeviceSelection(
          device: Device(backend), reason: "the best \(kind) that passes its self-test", warnings: warnings)
      } catch {
        warnings.append("opencl:\(index) (\(device.name)) cannot be used: \(error)")
      }
    }
    let reason =
      warnings.isEmpty ? "no OpenCL graphics card here" : "no OpenCL graphics card that works here"
    return DeviceSelection(device: .cpu(), reason: reason, warnings: warnings)
  }

  /// A device by its name: `auto`, `reference`, `cpu`, `opencl` or `opencl:N`.
  ///
  /// - Throws: `DeviceNameError`, or what keeps the OpenCL device from working: a device asked for by name
  ///   is never replaced by another.
  public static func named(_ name: String) throws -> DeviceSelection {
    func selected(_ device: Device) -> DeviceSelection { DeviceSelection(device: device, reason: "asked for", warnings: []) }
    switch name {
    case "auto": return automatic()
    case "reference": return selected(.reference())
    case "cpu": return selected(.cpu())
    case "opencl": return try selected(.openCL())
    default:
      guard name.hasPrefix("opencl:"), let index = Int(name.dropFirst("opencl:".count)), index >= 0 else {
        throw DeviceNameError(name: name)
      }
      return try selected(.openCL(index))
    }
  }
}

/// A name that is none of a device.
public struct DeviceNameError: Error, CustomStringConvertible {
  /// What was asked for.
  public let name: String

  public var description: String {
    let names = ["auto", "reference", "cpu", "opencl"]
    let hint = suggestion(for: name, among: names)
    return "there is no device “\(name)”\(hint) Devices: auto, reference, cpu, opencl, opencl:N"
  }
}

extension Device {
  /// The best OpenCL graphics card that passes its self-test, else the CPU. Logs warnings about cards that
  /// cannot be used; ``DeviceSelection`` gives them as values.
  public static func automatic() -> Device {
    let selection = DeviceSelection.automatic()
    let logger = Logger(label: "figment")
    for warning in selection.warnings { logger.warning("\(warning); computing on \(selection.device)") }
    return selection.device
  }

  /// Plain Swift loops: slow, and the definition of every operation. The same device at every call.
  public static func reference() -> Device { sharedReference }
  private static let sharedReference = Device(ReferenceBackend())

  /// The processor, by oneDNN. The same device at every call.
  public static func cpu() -> Device { sharedCPU }
  private static let sharedCPU = Device(CPUBackend())

  /// An OpenCL device, by its place in `figment devices`. The same device at every call with the same number.
  ///
  /// - Throws: What keeps it from working, its self-test included.
  public static func openCL(_ index: Int = 0) throws -> Device {
    try sharedOpenCL.withLock { devices in
      if let device = devices[index] { return device }
      let backend = try OpenCLBackend(deviceIndex: index, inventory: OpenCLSurvey().inventory(insists: true))
      try backend.selfTest()
      devices[index] = Device(backend)
      return devices[index]!
    }
  }
  private static let sharedOpenCL = Mutex<[Int: Device]>([:])
}
