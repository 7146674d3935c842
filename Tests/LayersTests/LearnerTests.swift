import Layers
import ReferenceBackend
import Tensors
import TestSupport
import Testing

private final class TwoNetworks: Module {
  let first: Dense
  let second: Dense

  init(in context: LayerContext) {
    first = Dense(inputSize: 2, units: 2, in: context)
    second = Dense(inputSize: 2, units: 1, in: context)
  }
}

/// Written as somebody outside of the package would.
private final class SignDescent: Optimizer {
  override var slotCount: Int { 1 }
  override var settings: [String: Float] { ["decay": 0.5] }

  override func apply(_ gradients: [Tensor], to parameters: [Parameter], slots: inout [[Tensor]]) {
    for (index, parameter) in parameters.enumerated() {
      slots[0][index] = 0.5 * slots[0][index] + gradients[index].sign()
      parameter.value = parameter.value - learningRate * slots[0][index]
    }
  }
}

@Suite struct LearnerTests {
  private let context = LayerContext(device: Device(ReferenceBackend()), generator: RandomGenerator(seed: 1))

  private func saved(_ learner: Learner) throws -> SavedState {
    let state = try learner.checkpointState()
    return SavedState(values: state.values) { name, shape in
      guard let tensor = state.tensors.first(where: { $0.name == name })?.value, tensor.shape == shape else {
        throw StateMismatch("no tensor \(name)")
      }
      return try tensor.scalars()
    }
  }

  @Test func slotsAreNamedByTheirParametersPaths() throws {
    let model = TwoNetworks(in: context)
    let learner = Learner("second", Adam(), model.second, of: model)
    #expect(learner.parameters.map(\.path) == ["second.weight", "second.bias"])
    StepContext([learner]).minimize(model.second(.ones([1, 2], on: context.device)).sum(), "second")
    #expect(
      try learner.checkpointState().tensors.map(\.name) == [
        "0/second.weight", "0/second.bias", "1/second.weight", "1/second.bias",
      ])
  }

  @Test func eachLearnerHasItsOwnRateAndSchedule() {
    let model = TwoNetworks(in: context)
    let learners = [
      Learner("first", SGD(learningRate: 0.5), model.first, of: model),
      Learner("second", SGD(learningRate: 0.1), model.second, of: model),
    ]
    learners[0].schedule = .exponential(factor: 0.5)
    for learner in learners { learner.beginEpoch(2, of: 4) }
    #expect(learners.map(\.optimizer.learningRate) == [0.125, 0.1])
  }

  @Test func anOptimizerOfOnesOwnLearnsAndIsRestored() throws {
    func step(_ model: TwoNetworks, _ learner: Learner) {
      StepContext([learner]).minimize(model.first(.ones([1, 2], on: context.device)).sum(), "first")
    }
    let model = TwoNetworks(in: context)
    let before = try model.first.bias!.value.scalars()
    let learner = Learner("first", SignDescent(learningRate: 0.25), model.first, of: model)
    step(model, learner)
    #expect(try zip(model.first.bias!.value.scalars(), before).map { $0 - $1 } == [-0.25, -0.25])

    let other = TwoNetworks(in: context)
    let restored = Learner("first", SignDescent(learningRate: 0.25), other.first, of: other)
    for (parameter, value) in zip(other.parameters, model.parameters) { parameter.value = value.value }
    try restored.restoring(saved(learner))()
    #expect(restored.optimizer.iterations == 1)
    step(model, learner)
    step(other, restored)
    #expect(try other.first.bias!.value.scalars() == model.first.bias!.value.scalars())
  }

  @Test func anotherOptimizersStateIsRefusedAndChangesNothing() throws {
    let model = TwoNetworks(in: context)
    let saved = try saved(Learner("first", Adam(beta1: 0.5), model.first, of: model))
    for other in [Adam(beta1: 0.9), SGD(), Adam(learningRate: 0.5, beta1: 0.5)] as [Optimizer] {
      let learner = Learner("first", other, model.first, of: model)
      #expect(throws: StateMismatch.self) { try learner.restoring(saved) }
      #expect(other.iterations == 0)
    }
  }

  @Test func measurementsHoldNoGraph() {
    let weight = Tensor([1, 2], on: context.device).tracked()
    let measured = Measurements(["loss": weight.squared().sum()])
    #expect(measured["loss"]?.isTracked == false)
  }
}
