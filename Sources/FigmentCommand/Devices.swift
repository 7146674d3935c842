import ArgumentParser
import Figment
import Files
import Foundation
import OpenCLBackend

struct Devices: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists what can compute here, which one 'auto' takes, and why.")

  func run() throws {
    var rows = [["reference", "plain Swift loops", "processor", "", ""], ["cpu", CPUBackend().name, "processor", "", "oneDNN"]]
    let survey = OpenCLSurvey()
    for (index, device) in survey.devices.enumerated() {
      let gibibytes = Double(device.globalMemory) / Double(1 << 30)
      rows.append([
        "opencl:\(index)", device.name, Self.name(device.kind), String(format: "%.1f GiB", gibibytes),
        "\(device.platformName), \(device.driverVersion)",
      ])
    }
    let table = TextTable(
      titles: ["DEVICE", "NAME", "KIND", "MEMORY", "DRIVER"], rows: rows,
      narrowings: [.wrapping(4, least: 16), .wrapping(1, least: 16), .leavingOut(3), .wrapping(2)])
    try printOutput(table.text(width: outputWidth ?? .max))
    if let reason = survey.reasonForNoDevice { try printOutput("\nNo OpenCL device: \(reason)") }
    let selection = DeviceSelection.automatic(survey)
    for warning in survey.reasonForNoDevice == nil ? selection.warnings : survey.warnings { printError("warning: \(warning)") }
    try printOutput("\nauto takes \(selection.device.identifier): \(selection.reason)")
  }

  private static func name(_ kind: OpenCLDevice.Kind) -> String {
    switch kind {
    case .gpu: "graphics card"
    case .cpu: "processor"
    case .accelerator, .other: kind.rawValue
    }
  }
}
