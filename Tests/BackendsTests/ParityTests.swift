import ReferenceBackend
import TestSupport
import Testing

/// Every operation on every device against the reference, with odd shapes and special values. The tables
/// are in the files `…Cases.swift`.
@Suite struct ParityTests {
  private let reference = ReferenceBackend()

  private func check(_ operation: BackendCase) throws {
    let expected = try operation.result(on: reference)
    for device in TestDevices.all {
      for complaint in try operation.complaints(on: device.backend(), reference: expected) {
        Issue.record("\(operation): \(complaint)")
      }
    }
  }

  @Test func thereAreDevicesToTest() { #expect(!TestDevices.all.isEmpty) }

  @Test(arguments: TestDevices.all) func theDeviceOpens(_ device: TestDevice) throws { _ = try device.backend() }

  @Test(arguments: memoryCases) func memory(_ operation: BackendCase) throws { try check(operation) }
  @Test(arguments: unaryCases) func unary(_ operation: BackendCase) throws { try check(operation) }
  @Test(arguments: binaryCases) func binary(_ operation: BackendCase) throws { try check(operation) }
  @Test(arguments: broadcastCases) func broadcast(_ operation: BackendCase) throws { try check(operation) }
  @Test(arguments: activationGradientCases) func activationGradient(_ operation: BackendCase) throws {
    try check(operation)
  }
  @Test(arguments: reductionCases) func reduction(_ operation: BackendCase) throws { try check(operation) }
  @Test(arguments: indexingCases) func indexing(_ operation: BackendCase) throws { try check(operation) }
  @Test(arguments: matrixProductCases) func matrixProduct(_ operation: BackendCase) throws { try check(operation) }
  @Test(arguments: convolutionCases) func convolution(_ operation: BackendCase) throws { try check(operation) }
  @Test(arguments: poolingCases) func pooling(_ operation: BackendCase) throws { try check(operation) }
  @Test(arguments: upsamplingCases) func upsampling(_ operation: BackendCase) throws { try check(operation) }
  @Test(arguments: normalizationCases) func normalization(_ operation: BackendCase) throws { try check(operation) }
  @Test(arguments: randomCases) func random(_ operation: BackendCase) throws { try check(operation) }
  @Test(arguments: optimizerCases) func optimizer(_ operation: BackendCase) throws { try check(operation) }
}
