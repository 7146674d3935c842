import Foundation
import Layers
import Models

extension Trainer {
  /// What a checkpoint of this trainer holds: everything that training needs to go on as if it had never stopped.
  var parts: [any Stateful] {
    [ModelState(model), model.random] + learners + [self]
      + callbacks.compactMap { $0 as? any Stateful }
  }

  /// Continues from a checkpoint; callbacks and the run's identity follow with the next `fit`.
  func resume(from identity: RunIdentity, _ parts: [String: SavedState], at url: URL) {
    restored = (identity, parts)
    lastCheckpoint = url
  }

  /// Once: a second `fit` goes on from where the first one left its callbacks.
  func putBack(_ identity: RunIdentity) throws {
    guard let restored else { return }
    if let difference = try restored.identity.difference(from: identity, of: type(of: model)) {
      throw CheckpointError(lastCheckpoint?.path ?? "", "is of another run: \(difference)")
    }
    let commits = try callbacks.compactMap { $0 as? any Stateful }.compactMap { callback in
      try restored.parts[callback.stateName].map { try callback.restoring($0) }
    }
    for commit in commits { commit() }
    self.restored = nil
  }

  /// A schedule that goes by the number of epochs gives other rates when these change.
  func noticeStretchedSchedules() {
    let before = progress.plannedEpochs, now = plan.epochs, epoch = progress.epoch
    guard progress.step > 0, before > 0, before != now else { return }
    for learner in plan.stage.learners {
      let old = learner.baseLearningRate * learner.schedule.factor(epoch: min(epoch, before), of: before)
      let new = learner.baseLearningRate * learner.schedule.factor(epoch: epoch, of: now)
      if old != new {
        notice(
          "note: the \(learner.schedule) schedule of “\(learner.name)” now spans \(now) epochs, not \(before): "
            + "the learning rate of epoch \(epoch + 1) is \(new), not \(old)")
      }
    }
  }
}

extension Trainer: Stateful {
  public var stateName: String { "progress" }

  public func checkpointState() throws -> State { try State(encoding: progress) }

  public func restoring(_ state: SavedState) throws -> () -> Void {
    let progress = try state.decode(TrainingProgress.self)
    try progress.check()
    return { [self] in self.progress = progress }
  }
}

/// A model as a part of a checkpoint: its tensors have no prefix, so that other programs find them by their own names.
final class ModelState: Stateful {
  private let model: any TrainableModel

  init(_ model: any TrainableModel) { self.model = model }

  let stateName = "model"

  func checkpointState() -> State { model.parameterState() }

  func restoring(_ state: SavedState) throws -> () -> Void {
    try model.restoringParameters(state)
  }
}
