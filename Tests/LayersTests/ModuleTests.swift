import Backends
import Layers
import ReferenceBackend
import Tensors
import TestSupport
import Testing

private final class Block: Layer {
  let first: Dense
  let norm: BatchNorm
  let rest: Sequential

  init(in context: LayerContext) {
    first = Dense(inputSize: 4, units: 3, in: context)
    norm = BatchNorm(channels: 3, in: context)
    rest = Sequential(ActivationLayer(.relu), Dense(inputSize: 3, units: 2, useBias: false, in: context))
  }

  override func forward(_ input: Tensor) -> Tensor { rest(norm(first(input))) }
}

private final class Network: Module {
  let block: Block
  let blocks: [Block]
  let alias: Block
  let temperature: Parameter

  init(in context: LayerContext) {
    block = Block(in: context)
    blocks = [Block(in: context), Block(in: context)]
    alias = block
    temperature = Parameter(Tensor(1, on: context.device))
  }
}

/// Modules find their parameters, name them, and know whether they train.
@Suite struct ModuleTests {
  let context = LayerContext(device: Device(ReferenceBackend()), generator: RandomGenerator(seed: 1))

  @Test func namesAreDottedPathsInDeclarationOrder() {
    let names = Block(in: context).namedParameters().map(\.name)
    #expect(
      names == [
        "first.weight", "first.bias", "norm.scale", "norm.offset", "norm.movingMean", "norm.movingVariance",
        "rest.layers.1.weight",
      ])
  }

  @Test func sharedParametersCountOnce() {
    let network = Network(in: context)
    let names = network.namedParameters().map(\.name)
    #expect(names.count == 3 * 7 + 1)
    #expect(!names.contains { $0.hasPrefix("alias") })
    #expect(names.contains("blocks.1.rest.layers.1.weight"))
    #expect(names.last == "temperature")
    #expect(network.temperature.name == "temperature")
  }

  @Test func statisticsAreNotTrainable() {
    let block = Block(in: context)
    #expect(block.parameterCount == 15 + 12 + 6)
    #expect(
      block.trainableParameters.map(\.name) == [
        "first.weight", "first.bias", "norm.scale", "norm.offset", "rest.layers.1.weight",
      ])
    #expect(block.norm.movingMean.value.isTracked == false)
  }

  @Test func modesReachEveryModule() throws {
    struct Failure: Error {}
    let network = Network(in: context)
    #expect(network.blocks[0].norm.isTraining, "modules begin in training mode")
    network.evaluate()
    #expect(!network.blocks[0].norm.isTraining)
    network.train()
    network.block.evaluate()
    #expect(throws: Failure.self) {
      try network.evaluating {
        #expect(!network.blocks[1].rest.isTraining)
        throw Failure()
      }
    }
    #expect(network.blocks[1].rest.isTraining, "evaluating restores each module's mode")
    #expect(!network.block.norm.isTraining, "a module that was evaluating still is")
  }

  @Test func frozenParametersAreThoseLeftOut() throws {
    let first = Dense(inputSize: 2, units: 2, in: context), second = Dense(inputSize: 2, units: 1, in: context)
    let before = try first.weight.value.scalars()
    let loss = second(first(.ones([1, 2], on: context.device))).sum()
    let chosen = second.trainableParameters
    SGD(learningRate: 1).update(chosen, gradients: gradients(of: loss, withRespectTo: chosen.map(\.value)))
    #expect(try first.weight.value.scalars() == before)
    #expect(try second.bias!.value.scalars() == [-1])
  }

  @Test func residualAddsItsInput() throws {
    let zero = Dense(inputSize: 2, units: 2, initializer: .zeros, in: context)
    let input = Tensor([1, -2], shape: [1, 2], on: context.device)
    #expect(try Residual([zero])(input).scalars() == [1, -2])
  }

  @Test func reshapeAndFlatten() {
    let input = Tensor.zeros([2, 3, 4, 5], on: context.device)
    #expect(Flatten()(input).shape == [2, 60])
    #expect(Reshape([5, 12])(input).shape == [2, 5, 12])
  }

  @Test func embeddingLooksUpRows() throws {
    let layer = Embedding(count: 5, size: 3, in: context)
    let rows = layer(Tensor([4, 0, 4], on: context.device))
    let table = try layer.weight.value.scalars()
    #expect(try rows.scalars() == Array(table[12..<15] + table[0..<3] + table[12..<15]))
  }

  @Test func mistakes() async {
    let value = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let context = LayerContext(device: Device(ReferenceBackend()), generator: RandomGenerator(seed: 1))
      let block = Block(in: context)
      _ = block.namedParameters()
      block.first.weight.value = .zeros([3, 4], on: context.device)
    }
    expect(value, says: "parameter first.weight: shape [3, 4] does not replace [4, 3]")
    let input = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let context = LayerContext(device: Device(ReferenceBackend()), generator: RandomGenerator(seed: 1))
      let block = Block(in: context)
      _ = block.namedParameters()
      _ = block(.zeros([2, 5], on: context.device))
    }
    expect(input, says: "Dense first.weight: an input of shape [2, 5] does not fit the weight [4, 3]")
    let channels = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let context = LayerContext(device: Device(ReferenceBackend()), generator: RandomGenerator(seed: 1))
      let layer = Conv2D(inputChannels: 3, outputChannels: 8, kernelSize: 3, in: context)
      _ = layer(.zeros([2, 5, 5, 4], on: context.device))
    }
    expect(channels, says: "Conv2D", "an input of shape [2, 5, 5, 4] does not fit the weight [3, 3, 3, 8]")
  }
}
