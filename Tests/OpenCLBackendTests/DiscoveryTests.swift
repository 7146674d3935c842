import Foundation
import TestSupport
import Testing

@testable import OpenCLBackend

/// What is found, and what is said when nothing is. The loader reads its environment once, so tests that
/// change it run in a process of their own.
@Suite struct DiscoveryTests {
  @Test func devicesSayWhatTheyAre() throws {
    let inventory = OpenCLInventory()
    #expect(inventory.failure == nil)
    #expect(inventory.reasonForNoDevice == nil)
    let device = try #require(inventory.devices.first)
    #expect(!device.name.isEmpty && !device.driverVersion.isEmpty && !device.platformName.isEmpty)
    #expect(device.computeUnits > 0 && device.globalMemory > 0 && device.maximumAllocation > 0)
    #expect(inventory.devices.map(\.kind) == inventory.devices.map(\.kind).sorted())
  }

  @Test func whatIsRememberedIsWhatIsThere() {
    let (first, second) = (OpenCLSurvey(), OpenCLSurvey())
    #expect(second.devices == OpenCLInventory().devices.map(OpenCLSurvey.Device.init) && !second.devices.isEmpty)
    #expect(first.devices == second.devices && second.reasonForNoDevice == nil && second.warnings.isEmpty)
    #expect(second.inventory().devices.map(\.name) == second.devices.map(\.name))
  }

  @Test func nvidiasDriverWithoutItsFileIsFound() throws {
    let folder = try TemporaryFolder(), library = try folder.write([], "lib/libnvidia-opencl.so.1")
    let vendors = try folder.write(Array("libnvidia-opencl.so.1\n".utf8), "vendors/nvidia.icd").deletingLastPathComponent()
    let folders = [folder("other").path, folder("lib").path]
    #expect(DriverSurroundings.unnamedDriver([:], in: folders) == library.path)
    #expect(DriverSurroundings.unnamedDriver([:], in: [folder("other").path]) == nil)
    #expect(DriverSurroundings.unnamedDriver(["OCL_ICD_VENDORS": vendors.path], in: folders) == nil)
  }

  @Test func aDeviceThatDoesNotExistIsAnErrorThatListsTheOthers() throws {
    let error = #expect(throws: OpenCLError.self) { try OpenCLBackend(deviceIndex: 99) }
    let text = try #require(error?.description)
    #expect(text.contains("no OpenCL device 99") && text.contains("opencl:0"))
  }

  @Test func withoutDriversTheReasonHasOpenCLsName() async {
    await #expect(processExitsWith: .success) {
      let folder = FileManager.default.temporaryDirectory.appendingPathComponent("no-drivers-\(UUID())")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      setenv("OCL_ICD_VENDORS", folder.path + "/", 1)
      let inventory = OpenCLInventory()
      #expect(inventory.platforms.isEmpty && inventory.devices.isEmpty)
      #expect(inventory.reasonForNoDevice?.contains("CL_PLATFORM_NOT_FOUND_KHR") == true)
      let error = #expect(throws: OpenCLError.self) { try OpenCLBackend() }
      #expect(error?.description.contains("CL_PLATFORM_NOT_FOUND_KHR") == true)
    }
  }

  @Test(.enabled(if: OpenCLInventory().devices.contains { $0.isPoCL }, "only PoCL can be told to hide its devices"))
  func aPlatformWithoutDevicesIsNamed() async {
    await #expect(processExitsWith: .success) {
      setenv("POCL_DEVICES", "none", 1)
      let inventory = OpenCLInventory()
      let platform = try #require(inventory.platforms.first { $0.name == "Portable Computing Language" })
      #expect(platform.deviceCount == 0)
      #expect(platform.failure?.description.contains("CL_DEVICE_NOT_FOUND") == true)
      if inventory.platforms.count == 1 {
        #expect(inventory.reasonForNoDevice?.contains(platform.name) == true)
      }
    }
  }
}
