import Backends
import Tensors
import TestSupport
import Testing

/// Gradients of gradients against PyTorch's double backward.
@Suite struct SecondDerivativeTests {
  static let all = fixture("second-derivatives")
  static let operations = all.filter { $0.text("operation") != "gradientPenalty" }
  static let penalties = all.filter { $0.text("operation") == "gradientPenalty" }

  /// `value = Σ direction · ∂(Σ gradient · output)/∂input`, differentiated by every input and by `gradient`.
  @Test(arguments: TestDevices.withReference, operations)
  func operation(device: TestDevice, expected: FixtureCase) throws {
    let device = try device.device()
    let roles = expected.tensors.keys.filter { expected.tensors["\($0)Direction"] != nil }.sorted()
    let inputs = roles.map { expected.tensor($0, on: device).tracked() }
    let seed = expected.tensor("gradient", on: device).tracked()
    let output = expected.output(Dictionary(uniqueKeysWithValues: zip(roles, inputs)))
    let first = gradients(of: output, withRespectTo: inputs, seed: seed, createsGraph: true)
    let value = zip(roles, first)
      .map { role, gradient in (gradient * expected.tensor("\(role)Direction", on: device)).sum() }
      .reduce(Tensor(0, on: device), +)
    try expectClose(value, expected["value"], tolerance: 2e-5, floor: 1, "value")

    let second = gradients(of: value, withRespectTo: inputs + [seed])
    for (role, gradient) in zip(roles + ["gradient"], second) {
      try expectClose(gradient, expected["\(role)SecondGradient"], tolerance: 2e-5, "second gradient by \(role)")
    }
  }

  /// WGAN-GP's penalty on the slope of a critic, and its gradients by all of the critic's parameters.
  @Test(arguments: TestDevices.withReference, penalties)
  func gradientPenalty(device: TestDevice, expected: FixtureCase) throws {
    let device = try device.device()
    let roles = expected.differentiatedRoles
    let inputs = Dictionary(uniqueKeysWithValues: roles.map { ($0, expected.tensor($0, on: device).tracked()) })
    let scores = critic(expected, inputs)
    try expectClose(scores, expected["scores"], tolerance: 1e-5, "scores")

    let slope = gradients(of: scores.sum(), withRespectTo: [inputs["input"]!], createsGraph: true)[0]
    try expectClose(slope, expected["scoreInputGradient"], tolerance: 1e-5, "slope")
    let norm = slope.flattened().squared().sum(axes: [1]).squareRoot()
    let penalty = (norm - 1).squared().mean()
    try expectClose(penalty, expected["loss"], tolerance: 1e-5, "penalty")

    let found = gradients(of: penalty, withRespectTo: roles.map { inputs[$0]! })
    for (role, gradient) in zip(roles, found) {
      try expectClose(gradient, expected["\(role)Gradient"], tolerance: 2e-5, "gradient by \(role)")
    }
  }

  private func critic(_ expected: FixtureCase, _ p: [String: Tensor]) -> Tensor {
    if p["filter2"] != nil {
      let leaky = Activation.leakyReLU(slope: expected.number("slope"))
      return p["input"]!
        .convolved(filter: p["filter0"]!, bias: p["bias0"]!, stride: [2, 2], padding: .same, activation: leaky)
        .convolved(filter: p["filter1"]!, bias: p["bias1"]!, padding: .same, activation: leaky)
        .flattened()
        .dense(weight: p["filter2"]!, bias: p["bias2"]!)
    }
    let hidden = p["input"]!.dense(weight: p["filter0"]!, bias: p["bias0"]!)
    let activated =
      switch expected.text("activation") {
      case "leakyReLU": hidden.leakyReLU(slope: expected.number("slope"))
      case "tanh": hidden.tanh()
      default: hidden.softplus()
      }
    return activated.dense(weight: p["filter1"]!, bias: p["bias1"]!)
  }
}
