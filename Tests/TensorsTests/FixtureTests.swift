import Backends
import Tensors
import TestSupport
import Testing

/// Every operation and its gradients against what Keras and PyTorch computed in float64.
@Suite struct FixtureTests {
  @Test(arguments: TestDevices.withReference, fixture("convolution"))
  func convolution(device: TestDevice, expected: FixtureCase) throws {
    try check(expected, on: device.device())
  }

  @Test(arguments: TestDevices.withReference, fixture("normalization"))
  func normalization(device: TestDevice, expected: FixtureCase) throws {
    // A mean of 1000 leaves the inputs' deviations three digits fewer.
    try check(expected, on: device.device(), tolerance: expected.name.contains("far") ? 1e-3 : 1e-5)
  }

  @Test(arguments: TestDevices.withReference, fixture("pooling-upsampling"))
  func poolingAndUpsampling(device: TestDevice, expected: FixtureCase) throws {
    try check(expected, on: device.device())
  }

  private static let activations = fixture("activations-losses").filter {
    $0.tensors["inputGradient"] != nil && $0.tensors["output"] != nil
  }

  @Test(arguments: TestDevices.withReference, activations)
  func activation(device: TestDevice, expected: FixtureCase) throws {
    // Derivatives are written in terms of the output: 1 − y² keeps few digits where tanh saturates.
    try check(expected, on: device.device(), outputFloor: 0.01)
  }

  @Test(arguments: TestDevices.withReference, fixture("tensors"))
  func tensor(device: TestDevice, expected: FixtureCase) throws {
    try check(expected, on: device.device(), tolerance: expected.name.contains("far") ? 1e-3 : 1e-5)
  }

  /// The output and the gradients by every input, for the gradient the case gives.
  private func check(
    _ expected: FixtureCase, on device: Device, tolerance: Double = 1e-5, outputFloor: Double? = nil
  ) throws {
    let roles = expected.differentiatedRoles
    let inputs = roles.map { expected.tensor($0, on: device).tracked() }
    let output = expected.output(Dictionary(uniqueKeysWithValues: zip(roles, inputs)))
    try expectClose(output, expected["output"], tolerance: tolerance, floor: outputFloor, "output")
    let found = gradients(of: output, withRespectTo: inputs, seed: expected.tensor("gradient", on: device))
    for (role, gradient) in zip(roles, found) {
      try expectClose(gradient, expected["\(role)Gradient"], tolerance: tolerance, "gradient by \(role)")
    }
  }
}
