import Layers
import ReferenceBackend
import Tensors
import TestSupport
import Testing

private final class Everywhere: Module {
  let dictionary: [String: [Dense]]
  let pair: (first: Dense, second: BatchNorm)
  let nested: [[Parameter]]
  let maybe: Dense?
  let absent: Dense?
  let numbers = [Float](repeating: 0, count: 1_000_000)
  let name = "plain"
  let frozen: Frozen<Dense>

  init(in context: LayerContext) {
    func dense() -> Dense { Dense(inputSize: 1, units: 1, useBias: false, in: context) }
    dictionary = ["b": [dense()], "a": [dense(), dense()]]
    pair = (dense(), BatchNorm(channels: 1, in: context))
    nested = [[Parameter(Tensor(1, on: context.device))], [], [Parameter(Tensor(2, on: context.device))]]
    (maybe, absent) = (dense(), nil)
    frozen = Frozen(dense())
  }
}

private struct Holder { let layer: Dense }

private final class Hiding: Module {
  let holder: Holder
  init(in context: LayerContext) { holder = Holder(layer: Dense(inputSize: 1, units: 1, in: context)) }
}

/// Where a module's parameters may be, and that none is skipped without a word.
@Suite struct ModuleVisitTests {
  private let context = LayerContext(device: Device(ReferenceBackend()), generator: RandomGenerator(seed: 1))

  @Test func dictionariesTuplesOptionalsAndNestedArraysAreLookedThrough() {
    let module = Everywhere(in: context)
    #expect(
      module.namedParameters().map(\.name) == [
        "dictionary.a.0.weight", "dictionary.a.1.weight", "dictionary.b.0.weight", "pair.first.weight",
        "pair.second.scale", "pair.second.offset", "pair.second.movingMean", "pair.second.movingVariance", "nested.0.0",
        "nested.2.0", "maybe.weight",
      ])
    module.evaluate()
    #expect(!module.pair.second.isTraining && !module.dictionary["a"]![1].isTraining)
  }

  @Test func aFrozenNetworkIsUsedButNotPartOfTheModule() throws {
    let module = Everywhere(in: context)
    #expect(!module.namedModules().contains { $0.module === module.frozen.module })
    module.train()
    #expect(!module.frozen.module.isTraining, "it stays in evaluation mode")
    #expect(!module.frozen(.ones([1, 1], on: context.device)).isTracked, "nothing of it is recorded")
    // Gradients pass through it to what comes before.
    let input = Tensor([3], shape: [1, 1], on: context.device).tracked()
    let slope = gradients(of: module.frozen(input).sum(), withRespectTo: [input])[0]
    #expect(try slope.scalars() == module.frozen.module.weight.value.scalars())
  }

  @Test func whatWouldBeSkippedStopsWithItsPlace() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let context = LayerContext(device: Device(ReferenceBackend()), generator: RandomGenerator(seed: 1))
      _ = Hiding(in: context).namedParameters()
    }
    expect(result, says: "holder.layer", "Holder", "neither trained nor saved")
  }
}
