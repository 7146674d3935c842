import Backends
import CPUBackend
import Foundation
import Layers
import Tensors
import TestSupport
import Testing

@testable import Backbones

/// The networks of Keras Applications with the weights and images of `Tests/Fixtures/backbones.py`, against Keras in float64: every named
/// layer, and the gradient by the image through the network and its preprocessing.
@Suite struct BackboneFixtureTests {
  private static let cases = fixture("backbones")

  @Test(arguments: cases)
  func everyNamedLayerOnTheProcessor(expected: FixtureCase) throws {
    try check(expected, on: Device(CPUBackend()))
  }

  @Test(arguments: TestDevices.withReference, [("VGG16", "block2_conv1"), ("InceptionV3", "mixed0")])
  func theFirstLayersOnEveryDevice(device: TestDevice, network: (name: String, output: String)) throws {
    let expected = try #require(BackboneFixtureTests.cases.first { $0.name == network.name })
    try check(expected, on: device.device(), through: network.output)
  }

  private func check(_ expected: FixtureCase, on device: Device, through output: String? = nil) throws {
    let context = LayerContext(device: device, generator: RandomGenerator(seed: 0))
    let network: Backbone
    let layers: [KerasLayer]
    let preprocessed: (Tensor) -> Tensor
    switch expected.name {
    case "InceptionV3":
      let inception = try InceptionV3(through: output, classes: 10, initializer: .zeros, in: context)
      (network, layers, preprocessed) = (inception, inception.kerasLayers(), { InceptionV3.preprocessed($0) })
    case "InceptionResNetV2":
      let inception = try InceptionResNetV2(through: output, initializer: .zeros, in: context)
      (network, layers, preprocessed) = (inception, inception.kerasLayers(), { InceptionResNetV2.preprocessed($0) })
    default:
      let vgg = try VGG(try #require(VGG.Variant(rawValue: expected.name)), through: output, initializer: .zeros, in: context)
      (network, layers, preprocessed) = (vgg, vgg.kerasLayers(), { VGG.preprocessed($0) })
    }
    for layer in layers { try initialize(layer) }
    let frozen = Frozen(network)
    if output == nil { #expect(network.parameterCount == expected.integer("parameters")) }

    let side = expected.integer("side")
    let images = (draw((77, 0), [2, side, side, 3], on: device) * 255).tracked()
    let names = network.layerNames, input = preprocessed(images)
    var last = input
    for (name, features) in zip(names, network.features(of: input, at: names)) {
      expectClose(try features.chosen(), expected[name].scalars, tolerance: 1e-4, "\(expected.name) \(name) on \(device)")
      last = features
    }
    #expect(try frozen(input).scalars() == last.scalars())
    guard output == nil else { return }
    if let inception = network as? InceptionV3 {
      expectClose(try inception.pooledFeatures(of: input).chosen(), expected["avg_pool"].scalars, tolerance: 1e-4, "avg_pool")
      last = inception.logits(of: input)
      expectClose(try last.chosen(), expected["predictions"].scalars, tolerance: 1e-4, "predictions")
    }
    let weights = draw((78, 0), last.shape, on: device)
    let gradient = gradients(of: (last * weights).sum(), withRespectTo: [images])[0]
    expectClose(try gradient.chosen(), expected["gradient"].scalars, tolerance: 1e-3, "\(expected.name) gradient")
  }

  /// See `initialize` in the script.
  private func initialize(_ layer: KerasLayer) throws {
    for (number, (role, parameter)) in layer.weights.enumerated() {
      let device = parameter.value.device
      let u = draw((nameKey(layer.name), UInt32(number)), parameter.shape, on: device)
      parameter.value =
        switch role {
        case .kernel:
          (2 * u - 1) * Float((6 / Double(parameter.shape.dimensions.dropLast().reduce(1, *))).squareRoot())
        case .bias: (2 * u - 1) * 0.1
        case .movingVariance: u + 0.5
        default: (2 * u - 1) * 0.2
        }
    }
  }

  private func nameKey(_ name: String) -> UInt32 {
    name.utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
  }
}

/// Uniform in [0, 1), as the fixtures' `draw`.
func draw(_ key: (UInt32, UInt32), _ shape: Shape, on device: Device) -> Tensor {
  .randomUniform(shape, using: RandomGenerator(seed: UInt64(key.1) << 32 | UInt64(key.0)), on: device)
}

extension Tensor {
  /// 128 elements, spread evenly.
  func chosen() throws -> [Float] {
    let values = try scalars(), count = Swift.min(128, values.count)
    return (0..<count).map { values[$0 * values.count / count] }
  }
}
