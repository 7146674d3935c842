import Backends
import Layers
import ReferenceBackend
import Tensors
import Testing

/// The table of layers that Keras prints.
@Suite struct SummaryTests {
  @Test func table() {
    let context = LayerContext(device: Device(ReferenceBackend()), generator: RandomGenerator(seed: 1))
    let model = Sequential(
      Conv2D(inputChannels: 1, outputChannels: 8, kernelSize: 3, stride: 2, padding: .same, activation: .relu, in: context),
      BatchNorm(channels: 8, in: context), Flatten(), Dense(inputSize: 8 * 49, units: 10, in: context))
    let summary = Summary("classifier", of: model) { _ = model(.zeros([1, 14, 14, 1], on: context.device)) }
    #expect(summary.rows.map(\.name) == ["layers.0", "layers.1", "layers.2", "layers.3"])
    #expect(summary.rows.map(\.outputShape) == [[7, 7, 8], [7, 7, 8], [392], [10]])
    #expect(summary.rows.map(\.parameters) == [80, 32, 0, 3930])
    #expect(summary.rows.map(\.connectedTo) == [["input"], ["layers.0"], ["layers.1"], ["layers.2"]])
    #expect(summary.total == 4042)
    #expect(summary.trainable == 4026)

    let text = summary.description
    #expect(text.contains("classifier"))
    #expect(text.contains("(None, 7, 7, 8)"))
    #expect(text.contains("3,930"))
    #expect(text.contains("Total parameters: 4,042"))
    let lines = text.split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= 100 }, "the table fits a terminal")
    #expect(model.layers[1].isTraining, "a summary leaves the mode as it was")
  }

  @Test(arguments: [40, 60, 80, 200]) func aTableFitsItsTerminal(width: Int) {
    let context = LayerContext(device: Device(ReferenceBackend()), generator: RandomGenerator(seed: 1))
    let model = Sequential(
      Conv2D(inputChannels: 1, outputChannels: 8, kernelSize: 3, stride: 2, padding: .same, activation: .relu, in: context),
      Flatten(), Dense(inputSize: 8 * 49, units: 10, in: context))
    let summary = Summary("classifier", of: model) { _ = model(.zeros([1, 14, 14, 1], on: context.device)) }
    let lines = summary.text(width: width).split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= width }, "\(lines.joined(separator: "\n"))")
    // Shapes are the last to be broken.
    #expect(lines.contains { $0.contains("(None, 7, 7, 8)") && $0.contains("80") } == (width > 40))
    #expect(lines.contains { $0.contains("Connected to") } == (width == 200))
  }

  @Test func modulesWithSeveralInputsAreShown() {
    final class Sum: Module {
      func callAsFunction(_ left: Tensor, _ right: Tensor) -> Tensor { traced(left + right, of: left, right) }
    }
    final class Network: Module {
      let left: Dense, right: Dense, sum = Sum()
      init(in context: LayerContext) {
        (left, right) = (Dense(inputSize: 2, units: 3, in: context), Dense(inputSize: 2, units: 3, in: context))
      }
    }
    let context = LayerContext(device: Device(ReferenceBackend()), generator: RandomGenerator(seed: 1))
    let network = Network(in: context), input = Tensor.zeros([1, 2], on: context.device)
    let summary = Summary("sum", of: network) { _ = network.sum(network.left(input), network.right(input)) }
    #expect(summary.rows.map(\.name) == ["left", "right", "sum"])
    #expect(summary.rows[2].connectedTo == ["left", "right"] && summary.rows[2].type == "Sum")
  }

  @Test func summaryChangesNoStatistics() throws {
    let context = LayerContext(device: Device(ReferenceBackend()), generator: RandomGenerator(seed: 1))
    let norm = BatchNorm(channels: 2, in: context)
    _ = Summary("norm", of: norm) { _ = norm(Tensor.ones([1, 2], on: context.device) * 5) }
    #expect(try norm.movingMean.value.scalars() == [0, 0])
  }
}
