import Foundation
import Kernels
import Testing

@testable import OpenCLBackend

/// The self-test sees a compiler that goes wrong in one kind of kernel, and names the kind.
@Suite(.serialized) struct SelfTestTests {
  struct Fault: Sendable, CustomStringConvertible {
    let family: OpenCLConfiguration.Family
    let source: KernelSource
    /// What stands in the source, and what the compiler takes it for: something that still reads and writes what exists only.
    let text: String
    let taken: String
    /// Where it is noticed: one of these.
    let noticed: [String]

    var description: String { "\(family), \(source): \(text) taken for \(taken.isEmpty ? "nothing" : taken)" }
  }

  static let faults = [
    Fault(
      family: .gpu, source: .gemmGPU, text: "barrier(CLK_LOCAL_MEM_FENCE);", taken: "",
      // It is chance which convolution is the first that is wrong.
      noticed: ["convolution", "the input gradient of a convolution", "the filter gradient of a convolution"]),
    Fault(
      family: .gpu, source: .gemmGPU, text: "LEFT_K(load) ACROSS(load,", taken: "LEFT_K(load) ACROSS(0 * load,",
      noticed: ["the filter gradient of a convolution"]),
    Fault(
      family: .gpu, source: .gemmGPU, text: "filter->first[2] + t.x", taken: "filter->first[2] + 0 * t.x",
      noticed: ["the input gradient of a convolution"]),
    Fault(
      family: .gpu, source: .winogradGPU, text: "barrier(CLK_LOCAL_MEM_FENCE);", taken: "",
      noticed: ["convolution", "the input gradient of a convolution", "the filter gradient of a convolution"]),
    Fault(
      family: .gpu, source: .winogradGPU, text: "count == 3 ? sum : difference", taken: "sum", noticed: ["convolution"]),
    Fault(
      family: .gpu, source: .normalization, text: "square - sum * shift", taken: "square",
      noticed: ["batch normalization"]),
    Fault(
      family: .gpu, source: .elementwise, text: "COMBINE(lanes[item], lanes[other])", taken: "lanes[other]",
      noticed: ["reduce"]),
    Fault(
      family: .cpu, source: .gemmCPU, text: "sums[i][v] += element", taken: "sums[i][v] -= element",
      noticed: ["convolution"]),
  ]

  @Test(arguments: faults) func aBrokenCompilerIsSeen(_ fault: Fault) throws {
    let device = try OpenCLBackend(
      configuration: configuration {
        $0.family = fault.family
        $0.cache = .none
        // Which has all kernels of cards by the rules.
        if fault.family == .gpu { $0.vendor = "NVIDIA" }
        $0.expandSource = { source in
          source == fault.source ? source.text.replacingOccurrences(of: fault.text, with: fault.taken) : source.text
        }
      })
    #expect(fault.source.text.contains(fault.text), "the kernels have changed")
    guard fault.source != .winogradGPU || device.device.hasRoomForWinograd else { return try device.selfTest() }
    let error = #expect(throws: OpenCLError.self) { try device.selfTest() }
    let text = error.map { "\($0)" } ?? ""
    #expect(fault.noticed.contains { text.contains("self-test of \($0) failed") }, "\(text)")
  }

  /// By the kernels of a card of the device's own maker, of NVIDIA's and of Intel's.
  @Test(arguments: [(OpenCLConfiguration.Family.gpu, nil), (.gpu, "NVIDIA"), (.gpu, "Intel"), (.cpu, nil)])
  func aDriverThatIsRightPasses(_ family: OpenCLConfiguration.Family, vendor: String?) throws {
    let device = try OpenCLBackend(configuration: configuration { ($0.family, $0.cache, $0.vendor) = (family, .none, vendor) })
    try device.selfTest()
    // What it ran does not stay behind.
    #expect(device.runtime.choices.withLock { $0.forced } == nil)
    #expect(device.statistics.bytesInUse == 0)
  }
}
