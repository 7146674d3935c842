import Backends
import Layers
import ReferenceBackend
import Tensors
import TestSupport
import Testing

/// Losses and their gradients against Keras and PyTorch, extreme predictions included.
@Suite struct LossTests {
  private static let cases = fixture("activations-losses").filter { $0.tensors["loss"] != nil && $0.name != "kl" }

  @Test(arguments: TestDevices.withReference, cases)
  func loss(device: TestDevice, expected: FixtureCase) throws {
    let device = try device.device()
    let input = expected.tensor("input", on: device).tracked()
    let target = expected.tensor("target", on: device)
    let loss =
      switch expected.text("operation") {
      case "meanSquaredError": Loss.meanSquaredError(input, target)
      case "meanAbsoluteError": Loss.meanAbsoluteError(input, target)
      case "binaryCrossEntropyFromLogits": Loss.binaryCrossEntropy(logits: input, target)
      case "binaryCrossEntropy": Loss.binaryCrossEntropy(probabilities: input, target)
      default: Loss.categoricalCrossEntropy(logits: input, target)
      }
    try expectClose(loss, expected["loss"], tolerance: 1e-5, "loss")
    let gradient = gradients(of: loss, withRespectTo: [input])[0]
    try expectClose(gradient, expected["inputGradient"], tolerance: 1e-5, "gradient")
  }

  @Test(arguments: TestDevices.withReference)
  func divergenceFromUnitNormal(device: TestDevice) throws {
    let device = try device.device()
    for name in ["kl", "kl-elements"] {
      let expected = fixture("activations-losses").first { $0.name == name }!
      let mean = expected.tensor("mean", on: device).tracked()
      let logVariance = expected.tensor("logVariance", on: device).tracked()
      let elements = Loss.divergenceFromUnitNormal(mean: mean, logVariance: logVariance)
      let found: [Tensor]
      if name == "kl" {
        let loss = elements.mean()
        try expectClose(loss, expected["loss"], tolerance: 1e-5, "loss")
        found = gradients(of: loss, withRespectTo: [mean, logVariance])
      } else {
        try expectClose(elements, expected["output"], tolerance: 1e-5, "elements")
        found = gradients(
          of: elements, withRespectTo: [mean, logVariance], seed: expected.tensor("gradient", on: device))
      }
      try expectClose(found[0], expected["meanGradient"], tolerance: 1e-5, "gradient by the mean")
      try expectClose(found[1], expected["logVarianceGradient"], tolerance: 1e-5, "gradient by the log-variance")
    }
  }

  @Test func shapesThatDiffer() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let device = Device(ReferenceBackend())
      _ = Loss.meanSquaredError(.zeros([2, 3], on: device), .zeros([3], on: device))
    }
    expect(result, says: "meanSquaredError: prediction [2, 3] and target [3]")
  }
}
