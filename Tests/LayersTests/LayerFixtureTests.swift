import Backends
import Layers
import Tensors
import TestSupport
import Testing

/// Layers with the weights of Keras' and PyTorch's, against their outputs and the gradients of their parameters.
@Suite struct LayerFixtureTests {
  private static let convolutions = fixture("convolution").filter { $0.text("source") == "keras" }
  private static let normalizations = fixture("normalization")
  private static let resamplings = fixture("pooling-upsampling").filter {
    $0.text("source") == "keras" && LayerFixtureTests.isUniform($0)
  }

  /// Pooling and upsampling layers have one size for all axes.
  private static func isUniform(_ expected: FixtureCase) -> Bool {
    ["size", "stride", "factors"].allSatisfy { !expected.has($0) || Set(expected.integers($0)).count == 1 }
  }

  @Test(arguments: TestDevices.withReference, convolutions)
  func convolution(device: TestDevice, expected: FixtureCase) throws {
    let context = LayerContext(device: try device.device(), generator: RandomGenerator(seed: 1))
    let filter = expected["filter"].shape.dimensions
    let padding: Padding = expected.text("padding") == "same" ? .same : .valid
    let activation: Activation = expected.text("activation") == "relu" ? .relu : .identity
    let (kernelSize, stride) = (Array(filter.dropLast(2)), expected.integers("stride"))
    let layer: ConvolutionLayer =
      expected.text("operation") == "convolution"
      ? Conv(
        inputChannels: filter[filter.count - 2], outputChannels: filter[filter.count - 1], kernelSize: kernelSize,
        stride: stride, padding: padding, activation: activation, in: context)
      : ConvTranspose(
        inputChannels: filter[filter.count - 1], outputChannels: filter[filter.count - 2], kernelSize: kernelSize,
        stride: stride, padding: padding, activation: activation, in: context)
    try check(layer, expected, on: context.device, parameters: ["filter": layer.weight, "bias": layer.bias!])
  }

  @Test(arguments: TestDevices.withReference, normalizations)
  func normalization(device: TestDevice, expected: FixtureCase) throws {
    let context = LayerContext(device: try device.device(), generator: RandomGenerator(seed: 1))
    let (channels, epsilon) = (expected["scale"].shape[0], expected.number("epsilon"))
    let tolerance = expected.name.contains("far") ? 1e-3 : 1e-5
    switch expected.text("operation") {
    case "layerNormalization":
      let layer = LayerNorm(channels: channels, epsilon: epsilon, in: context)
      try check(layer, expected, on: context.device, parameters: ["scale": layer.scale, "offset": layer.offset])
    case "instanceNormalization":
      let layer = InstanceNorm(channels: channels, epsilon: epsilon, in: context)
      try check(layer, expected, on: context.device, parameters: ["scale": layer.scale, "offset": layer.offset])
    default:
      let isTorch = expected.text("source") == "torch"
      let layer = BatchNorm(
        channels: channels, momentum: isTorch ? 1 - expected.number("momentum") : expected.number("momentum"),
        epsilon: epsilon, usesUnbiasedVariance: isTorch, in: context)
      layer.movingMean.value = expected.tensor("movingMean", on: context.device)
      layer.movingVariance.value = expected.tensor("movingVariance", on: context.device)
      let isTraining = expected.flag("training")
      isTraining ? layer.train() : layer.evaluate()
      try check(
        layer, expected, on: context.device, parameters: ["scale": layer.scale!, "offset": layer.offset],
        tolerance: tolerance)
      try expectClose(
        layer.movingMean.value, expected[isTraining ? "newMovingMean" : "movingMean"], tolerance: 1e-5, "moving mean")
      try expectClose(
        layer.movingVariance.value, expected[isTraining ? "newMovingVariance" : "movingVariance"],
        tolerance: tolerance, "moving variance")
    }
  }

  @Test(arguments: TestDevices.withReference, resamplings)
  func poolingAndUpsampling(device: TestDevice, expected: FixtureCase) throws {
    let padding: Padding = expected.has("padding") && expected.text("padding") == "same" ? .same : .valid
    let layer: Layer =
      switch expected.text("operation") {
      case "maximumPooling":
        MaxPool(size: expected.integers("size")[0], stride: expected.integers("stride")[0], padding: padding)
      case "averagePooling":
        AveragePool(size: expected.integers("size")[0], stride: expected.integers("stride")[0], padding: padding)
      case "globalMaximumPooling": GlobalMaxPool()
      case "globalAveragePooling": GlobalAveragePool()
      default:
        UpSampling(
          factor: expected.integers("factors")[0],
          interpolation: expected.text("interpolation") == "bilinear" ? .bilinear : .nearest)
      }
    try check(layer, expected, on: try device.device(), parameters: [:])
  }

  @Test(arguments: TestDevices.withReference)
  func prelu(device: TestDevice) throws {
    let expected = fixture("activations-losses").first { $0.name == "prelu" }!
    let context = LayerContext(device: try device.device(), generator: RandomGenerator(seed: 1))
    let layer = PReLU(channels: expected["slope"].shape[0], in: context)
    try check(layer, expected, on: context.device, parameters: ["slope": layer.slope])
  }

  @Test(arguments: TestDevices.withReference, ["relu", "leaky-relu-0.3", "elu", "sigmoid", "tanh"])
  func activation(device: TestDevice, name: String) throws {
    let activations: [String: Activation] = [
      "relu": .relu, "leaky-relu-0.3": .leakyReLU(slope: 0.3), "elu": .elu(alpha: 1), "sigmoid": .sigmoid,
      "tanh": .tanh,
    ]
    let expected = fixture("activations-losses").first { $0.name == name }!
    try check(ActivationLayer(activations[name]!), expected, on: try device.device(), parameters: [:])
  }

  private func check(
    _ layer: Layer, _ expected: FixtureCase, on device: Device, parameters: [String: Parameter],
    tolerance: Double = 1e-5
  ) throws {
    for (role, parameter) in parameters { parameter.value = expected.tensor(role, on: device) }
    let input = expected.tensor("input", on: device).tracked()
    let output = layer(input)
    try expectClose(output, expected["output"], tolerance: tolerance, "output")
    let roles = parameters.keys.sorted()
    let found = gradients(
      of: output, withRespectTo: [input] + roles.map { parameters[$0]!.value },
      seed: expected.tensor("gradient", on: device))
    for (role, gradient) in zip(["input"] + roles, found) {
      try expectClose(gradient, expected["\(role)Gradient"], tolerance: tolerance, "gradient by \(role)")
    }
  }
}
