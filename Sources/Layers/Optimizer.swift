import Backends
import Tensors

/// Changes parameters by their gradients.
///
/// A subclass says by which rule. One whose rule is among ``OptimizerRule``'s, which run as one kernel over all parameters,
/// overrides `rule`; any other overrides `slotCount` and `apply`:
///
///     final class SignDescent: Optimizer {
///       override var slotCount: Int { 0 }
///       override func apply(_ gradients: [Tensor], to parameters: [Parameter], slots: inout [[Tensor]]) {
///         for (parameter, gradient) in zip(parameters, gradients) {
///           parameter.value = parameter.value - learningRate * gradient.sign()
///         }
///       }
///     }
open class Optimizer {
  /// The rate of the next step. A ``Learner`` sets it from its own rate and schedule.
  public final var learningRate: Float
  /// Steps taken so far; while `apply` runs, those before it.
  public package(set) final var iterations = 0
  /// `slots[s][p]`: what the rule remembers of parameter `p`; empty before the first step.
  package final var slots: [[Tensor]] = []
  /// The parameters of the first step, which every later step must bring in the same order.
  private var parameters: [Parameter] = []

  /// - Parameter learningRate: Finite and not negative; any other stops the program.
  public init(learningRate: Float) {
    require(learningRate.isFinite && learningRate >= 0, "the learning rate \(learningRate) is not a finite number ≥ 0")
    self.learningRate = learningRate
  }

  /// The rule of step number `iteration`, from 1.
  open func rule(iteration: Int) -> OptimizerRule { misuse("\(type(of: self)) overrides neither rule nor apply") }

  /// How many tensors of a parameter's shape are remembered for each parameter; zeros before the first step.
  open var slotCount: Int { rule(iteration: 1).slotCount }

  /// Everything but the learning rate that a resumed run must agree on.
  open var settings: [String: Float] { [:] }

  /// Sets every parameter's new value, and what is remembered of it in `slots[slot][parameter]`.
  open func apply(_ gradients: [Tensor], to parameters: [Parameter], slots: inout [[Tensor]]) {
    let device = gradients[0].device
    // Held here alone, they are written where they are.
    var memory = slots.map { $0.map(\.storage) }
    slots = []
    parameters.step(rule(iteration: iterations + 1), gradients, slots: &memory)
    slots = memory.map { slot in
      zip(parameters, slot).map { Tensor($1, shape: $0.shape, on: device) }
    }
  }

  /// One step.
  ///
  /// - Parameters:
  ///   - parameters: The same ones in the same order at every step.
  ///   - gradients: One a parameter, of its shape.
  public final func update(_ parameters: [Parameter], gradients: [Tensor]) {
    guard !parameters.isEmpty else { return }
    require(
      parameters.count == gradients.count && zip(parameters, gradients).allSatisfy { $0.shape == $1.shape },
      "optimizer: \(gradients.count) gradients do not fit \(parameters.count) parameters")
    if self.parameters.isEmpty { self.parameters = parameters }
    require(
      self.parameters.elementsEqual(parameters, by: ===),
      "optimizer: a step must bring the parameters of the first step, in the same order")
    let device = gradients[0].device
    if slots.isEmpty {
      slots = (0..<slotCount).map { _ in parameters.map { .zeros($0.shape, on: device) } }
    }
    var slots = self.slots
    self.slots = []
    apply(gradients, to: parameters, slots: &slots)
    self.slots = slots
    iterations += 1
  }
}
