import COpenCL
import Kernels
import ReferenceBackend
import TestSupport
import Testing

@testable import OpenCLBackend

/// Every kernel of both families on small, odd shapes, which an interpreter of kernels such as Oclgrind can run
/// too (`make test-oclgrind`); one family after the other, because that cannot run two at once.
@Suite(.serialized) struct EveryKernelTests {
  /// Winograd's kernels compute some of the products that others compute where it is not allowed.
  @Test(.enabled(if: ProductTests.Kernels.families.contains(.processor), "FIGMENT_KERNELS is gpu"))
  func ofProcessorsAgreesWithTheReferenceAndRuns() throws {
    try run(
      .cpu,
      [
        (.never, smallCases + processorProducts), (.wherePossible, smallProducts + processorProducts),
        (.inParts, processorProducts),
      ])
  }

  @Test func ofGraphicsCardsAgreesWithTheReferenceAndRuns() throws {
    try run(.gpu, [(.never, smallCases), (.wherePossible, graphicsCardProducts)])
  }

  private func run(
    _ family: OpenCLConfiguration.Family, _ passes: [(OpenCLConfiguration.WinogradUse, [BackendCase])]
  ) throws {
    let reference = ReferenceBackend()
    var ran: Set<String> = [], present: Set<String> = [], sources: Set<String> = []
    for (winograd, cases) in passes {
      let device = try OpenCLBackend(
        configuration: configuration {
          ($0.family, $0.winograd, $0.cache, $0.poisonsMemory) = (family, winograd, .none, true)
          // Wherever they can be, results are stored past the caches, as elsewhere only large ones are.
          $0.cachedFloats = 0
          $0.hasManyStreams = true
        })
      for operation in cases {
        for complaint in try operation.complaints(on: device, reference: operation.result(on: reference)) {
          Issue.record("\(family) kernels, \(operation): \(complaint)")
        }
      }
      ran.formUnion(device.runtime.kernels.keys.map(\.name))
      // A single compute unit shares no sums.
      if device.device.computeUnits == 1 { ran.insert("sumSplits") }
      if !device.device.hasRoomForWinograd { sources.insert(KernelSource.winogradGPU.rawValue) }
      for (identity, program) in device.runtime.programs {
        sources.insert(String(identity.prefix { $0 != " " }))
        let log = device.runtime.buildLog(program)
        #expect(!log.contains("warning"), "\(identity): \(log)")
        let names = try infoText("listing kernels", "clGetProgramInfo") {
          clGetProgramInfo(program, cl_program_info(CL_PROGRAM_KERNEL_NAMES), $0, $1, $2)
        }
        present.formUnion(names.split(separator: ";").map(String.init))
      }
    }
    #expect(present.subtracting(ran) == [], "kernels that no case runs")
    #expect(Set(family.sources.map(\.rawValue)).subtracting(sources) == [], "sources that no case compiles")
  }
}

extension OpenCLConfiguration.Family {
  /// The sources it computes with. Those of the ceilings compute nothing, and take long.
  fileprivate var sources: [KernelSource] {
    let processors: Set<KernelSource> = [
      .gemmCPU, .gemmCPULines, .gemmCPUPhases, .gemmCPUNarrow, .gemmCPURows, .winograd, .winogradParts,
    ]
    return KernelSource.allCases.filter {
      $0 != .ceilings && (self == .cpu ? ![.gemmGPU, .winogradGPU].contains($0) : !processors.contains($0))
    }
  }
}
