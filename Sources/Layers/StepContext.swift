import Backends
import Tensors

/// What a model's step is given besides its batch. Every gradient of training passes through here.
public final class StepContext {
  /// Those of the stage that is trained.
  public let learners: [Learner]
  /// The name of that stage, by which a model with several tells its steps apart.
  public let stage: String

  /// A context of your own, for a step outside of a trainer.
  public init(_ learners: [Learner], stage: String = "training") { (self.learners, self.stage) = (learners, stage) }

  /// The learner `name`; asking for one that the stage does not have is a programming mistake.
  public func learner(_ name: String) -> Learner {
    guard let learner = learners.first(where: { $0.name == name }) else {
      misuse("the stage “\(stage)” has no learner “\(name)”, only \(learners.map(\.name))")
    }
    return learner
  }

  /// One step of the learners of these names down the gradient of `loss`, a scalar; whatever else the loss depends on stays.
  public func minimize(_ loss: Tensor, _ names: String...) {
    let learners = names.map(learner)
    var found = gradients(of: loss, withRespectTo: learners.flatMap { $0.values.map(\.value) })[...]
    for learner in learners {
      learner.optimizer.update(learner.values, gradients: Array(found.prefix(learner.values.count)))
      found = found.dropFirst(learner.values.count)
    }
  }
}
