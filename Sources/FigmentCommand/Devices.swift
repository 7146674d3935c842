import ArgumentParser
import Figment
import Foundation
import OpenCLBackend

struct Devices: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists what can compute here, which one 'auto' takes, and why.")

  func run() throws {
    var rows = [["DEVICE", "NAME", "KIND", "MEMORY", "DRIVER"]]
    rows.append(["reference", "plain Swift loops", "processor", "", ""])
    rows.append(["cpu", CPUBackend().name, "processor", "", "oneDNN"])
    let survey = OpenCLSurvey()
    for (index, device) in survey.devices.enumerated() {
      let gibibytes = Double(device.globalMemory) / Double(1 << 30)
      rows.append([
        "opencl:\(index)", device.name, device.kind.rawValue, String(format: "%.1f GiB", gibibytes),
        "\(device.platformName), \(device.driverVersion)",
      ])
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max()! }
    for row in rows {
      let cells = zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
      try printOutput(cells.joined(separator: "  ").trimmingCharacters(in: .whitespaces))
    }
    if let reason = survey.reasonForNoDevice { try printOutput("\nNo OpenCL device: \(reason)") }
    let selection = DeviceSelection.automatic(survey)
    for warning in selection.warnings where survey.reasonForNoDevice == nil { printError("warning: \(warning)") }
    try printOutput("\nauto takes \(selection.device.identifier): \(selection.reason)")
  }
}
