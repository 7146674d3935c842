import CPUBackend
import Foundation
import Interchange
import Layers
import Tensors
import TestSupport
import Testing

@testable import Backbones

/// A file of Keras, from the tests of their reading.
func kerasFile(_ name: String) -> URL { fixtureURL("../InterchangeTests/Fixtures/\(name)") }

/// The small network of those files, in which everything can be wrong.
@Suite struct KerasAssignmentTests {
  private let device = Device(CPUBackend())
  private let first: Conv2D, norm: BatchNorm, last: Conv2D

  init() {
    let context = LayerContext(device: device, generator: RandomGenerator(seed: 1))
    first = Conv2D(inputChannels: 3, outputChannels: 4, kernelSize: 3, in: context)
    norm = BatchNorm(channels: 4, useScale: false, in: context)
    last = Conv2D(inputChannels: 4, outputChannels: 2, kernelSize: 1, in: context)
  }

  private var parameters: [Parameter] {
    [first.weight, first.bias!, norm.offset, norm.movingMean, norm.movingVariance, last.weight, last.bias!]
  }

  private func load(
    _ file: String, names: [String] = ["block1_conv1", "norm", "last"],
    _ naming: KerasNaming = KerasNaming(network: "Tiny", isOwn: { _ in true })
  ) throws {
    let layers = [KerasLayer(names[0], first), KerasLayer(names[1], norm), KerasLayer(names[2], last)]
    try KerasWeights(contentsOf: kerasFile(file)).assign(to: layers, all: names, naming)
  }

  private func expectLoaded() throws {
    for (number, parameter) in parameters.enumerated() {
      #expect(try parameter.value.scalars() == (0..<parameter.shape.count).map { Float($0 + 8 * number) / 8 })
    }
  }

  @Test(arguments: [
    "keras-old.h5", "keras-whole.h5", "keras-first.h5", "keras-float64.h5", "keras-packed.h5", "keras-three.weights.h5",
  ])
  func weightsAreFoundByTheirLayersNames(file: String) throws {
    try load(file)
    try expectLoaded()
  }

  /// `conv2d_9` and `conv2d_10` are the first and the second of their kind, whatever their numbers.
  @Test func numbersThatKerasMadeUpCountFromAnywhere() throws {
    let naming = KerasNaming(network: "Tiny", isOwn: { _ in false }, numbered: ["conv2d", "batch_normalization"])
    try load("keras-numbered.h5", names: ["conv2d", "batch_normalization", "conv2d_1"], naming)
    try expectLoaded()
  }

  @Test func layersWithoutNamesAreTakenInOrderWhereNothingBranches() throws {
    let layers = [KerasLayer("block1_conv1", first), KerasLayer("last", last)]
    let weights = try KerasWeights(contentsOf: kerasFile("keras-unnamed.weights.h5"))
    try weights.assign(
      to: layers, all: layers.map(\.name), KerasNaming(network: "Tiny", isOwn: { _ in true }, unnamed: "conv2d"))
    #expect(try last.bias!.value.scalars() == [6, 6.125])
    let error = #expect(throws: InterchangeError.self) {
      try weights.assign(to: layers, all: layers.map(\.name), KerasNaming(network: "Tiny", isOwn: { _ in true }))
    }
    #expect("\(error!)".contains("it does not say its layers' names, as a newer Keras does; save the network again"), "\(error!)")
  }

  @Test(arguments: [
    (
      "keras-float16.h5",
      "“block1_conv1”: the kernel [3, 3, 3, 4] is of 16-bit floats, which are too coarse; save the network as float32;"
    ),
    ("keras-integers.h5", "the moving mean [4] is of no floats; save the network as float32"),
    ("keras-missing.h5", "weights of Tiny: layer “norm” is missing"),
    ("keras-strange-weight.h5", "layer “last” has kernel, kernel, wanted kernel, bias"),
    ("vgg19-names.h5", "Tiny has no layer “block5_conv4”; it looks like weights of VGG19"),
  ])
  func whatDoesNotFitIsListed(file: String, problem: String) throws {
    let error = #expect(throws: InterchangeError.self) { try load(file) }
    #expect("\(error!)".contains(file) && "\(error!)".contains(problem), "\(error!)")
    #expect(try first.bias!.value.scalars() == [0, 0, 0, 0], "nothing is loaded by halves")
  }

  @Test func everyMismatchIsToldWithBothShapes() throws {
    let context = LayerContext(device: device, generator: RandomGenerator(seed: 1))
    let wider = Conv2D(inputChannels: 3, outputChannels: 5, kernelSize: 5, in: context)
    let weights = try KerasWeights(contentsOf: kerasFile("keras-old.h5"))
    let error = #expect(throws: InterchangeError.self) {
      try weights.assign(
        to: [KerasLayer("block1_conv1", wider), KerasLayer("last", norm)], all: ["block1_conv1", "last"],
        KerasNaming(network: "Tiny", isOwn: { $0 != "norm" }))
    }
    #expect(
      "\(error!)".hasSuffix(
        "keras-old.h5, weights of Tiny: layer “block1_conv1”: the kernel has shape [3, 3, 3, 4], wanted [5, 5, 3, 5]; "
          + "layer “block1_conv1”: the bias has shape [4], wanted [5]; "
          + "layer “last” has kernel, bias, wanted beta, moving mean, moving variance"), "\(error!)")
  }

  @Test func anotherNetworksFileIsSaidToBeOne() throws {
    let error = #expect(throws: InterchangeError.self) {
      try VGG(.vgg16, weights: kerasFile("vgg19-names.h5"), through: "block1_conv1", on: device)
    }
    #expect(
      "\(error!)".contains("VGG16 has no layer “block3_conv4”") && "\(error!)".hasSuffix("it looks like weights of VGG19"),
      "\(error!)")
    let other = #expect(throws: InterchangeError.self) { try InceptionV3(weights: kerasFile("keras-numbered.h5"), on: device) }
    #expect("\(other!)".contains("2 layers are named conv2d, conv2d_1 and so on, wanted 94"), "\(other!)")
  }
}
