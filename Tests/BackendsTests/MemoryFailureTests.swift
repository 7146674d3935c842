import Backends
import CPUBackend
import ReferenceBackend
import TestSupport
import Testing

/// Memory that is short is an error at the next read-back, on the backends that compute on the host.
@Suite struct MemoryFailureTests {
  static let hosts = ["reference", "cpu"]

  private func make(_ name: String, limit: Int? = nil) -> any Backend {
    name == "cpu" ? CPUBackend(threads: 2, memoryLimit: limit) : ReferenceBackend(memoryLimit: limit)
  }

  @Test(arguments: hosts) func whatNoMachineHasIsAnErrorOfTheNextReadBack(_ name: String) throws {
    let backend = make(name)
    for count in [1 << 46, .max / 4, .max] {
      let lost = backend.fill(1, count: count)
      #expect(lost.count == count)
      #expect(throws: HostMemoryError.self) { try backend.synchronize() }
      try backend.synchronize()
      // What is made of it fails again, whenever it is asked for.
      let sum = backend.reduce(.sum, lost, outer: 1, length: count, inner: 1)
      let error = #expect(throws: HostMemoryError.self) { try backend.values(of: sum) }
      #expect("\(error!)".contains("reduce: an input is missing"))
      #expect(throws: HostMemoryError.self) { try backend.values(of: sum) }
    }
    #expect(try backend.values(of: backend.fill(2, count: 3)) == [2, 2, 2], "what fits is computed as before")
    #expect(backend.statistics.bytesInUse == 0)
  }

  @Test(arguments: hosts) func theErrorSaysHowMuchWasAskedFor(_ name: String) throws {
    let backend = make(name)
    _ = backend.allocate(count: 1 << 46)
    let error = #expect(throws: HostMemoryError.self) { try backend.synchronize() }
    #expect("\(error!)".contains("262144.0 GiB asked for"))
  }

  /// Every operation, with every amount of memory that is too little for it.
  @Test(
    arguments: hosts,
    memoryCases + unaryCases + binaryCases + broadcastCases + activationGradientCases + reductionCases + indexingCases
      + matrixProductCases + convolutionCases + poolingCases + upsamplingCases + normalizationCases + randomCases
      + optimizerCases
  ) func operationsFailOrGiveTheirResult(_ name: String, _ operation: BackendCase) throws {
    let whole = make(name), expected = try bits(operation.result(on: whole)), peak = whole.statistics.peakBytes
    guard expected.contains(where: { !$0.isEmpty }) else { return }
    var failures = 0
    for limit in stride(from: 0, to: peak, by: max(512, peak / 16)) {
      let backend = make(name, limit: limit)
      do {
        #expect(try bits(operation.result(on: backend)) == expected, "\(operation), \(limit) bytes")
      } catch is HostMemoryError {
        failures += 1
      }
      #expect(backend.statistics.bytesInUse == 0, "\(operation), \(limit) bytes")
    }
    #expect(failures > 0, "\(operation)")
  }

  /// Parameters that something else holds are copied, and there is no memory for the copies.
  @Test(arguments: hosts) func anOptimizerThatFailsChangesNothing(_ name: String) throws {
    let backend = make(name, limit: 4 * 512)
    let held = [backend.fill(1, count: 8), backend.fill(2, count: 8)], gradients = [backend.fill(3, count: 8), held[0]]
    var parameters = held, slots: [[any Storage]] = []
    let own = backend.fill(4, count: 8)
    backend.optimizerStep(
      .sgd(rate: 1, momentum: 0, nesterov: false), parameters: &parameters, gradients: gradients, slots: &slots)
    #expect(throws: HostMemoryError.self) { try backend.synchronize() }
    #expect(try parameters.map { try backend.values(of: $0)[7] } == [1, 2])
    #expect(try held.map { try backend.values(of: $0)[7] } == [1, 2])
    #expect(own.count == 8)
  }

  private func bits(_ results: [[Float]]) -> [[UInt32]] { results.map { $0.map(\.bitPattern) } }
}
