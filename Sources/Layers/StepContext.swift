import Backends
import Tensors

/// What a model's step is given besides its batch. Every gradient of training passes through here.
public final class StepContext {
  /// Those of the stage that is trained.
  public let learners: [Learner]

  /// A context of your own, for a step outside of a trainer.
  public init(_ learners: [Learner]) { self.learners = learners }

  /// The learner `name`; asking for one that the stage does not have is a programming mistake.
  public func learner(_ name: String) -> Learner {
    guard let learner = learners.first(where: { $0.name == name }) else {
      misuse("the stage has no learner “\(name)”, only \(learners.map(\.name))")
    }
    return learner
  }

  /// One step of a learner's parameters down the gradient of `loss`, a scalar; whatever else the loss depends on stays.
  public func minimize(_ loss: Tensor, _ name: String) { learner(name).minimize(loss) }
}
