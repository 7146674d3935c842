import Backends
import Tensors

/// Who learns, and how: an optimizer and the parameters it changes, known from the start. A GAN has two, one for each
/// network; choosing their parameters is what freezes the other network.
public final class Learner: Stateful {
  /// What `--learning-rate NAME=…`, the step and checkpoints call it.
  public let name: String
  /// To be replaced, if at all, before the first step.
  public var optimizer: Optimizer {
    didSet { baseLearningRate = optimizer.learningRate }
  }
  /// The rate that `schedule` multiplies.
  public var baseLearningRate: Float {
    didSet { optimizer.learningRate = baseLearningRate }
  }
  /// How the rate changes with the epochs. Put into effect at the beginning of each.
  public var schedule = LearningRateSchedule.constant
  /// The trainable parameters, by their paths from the model.
  public let parameters: [(path: String, parameter: Parameter)]
  let values: [Parameter]

  /// - Parameters:
  ///   - name: What `--learning-rate NAME=…` and checkpoints call it.
  ///   - networks: Parts of `model`, or `model` itself.
  public init(_ name: String, _ optimizer: Optimizer, _ networks: Module..., of model: Module) {
    (self.name, self.optimizer, baseLearningRate) = (name, optimizer, optimizer.learningRate)
    let own = Set(networks.flatMap { $0.trainableParameters.map { ObjectIdentifier($0) } })
    // Named last from the model, so that messages and checkpoints give whole paths.
    parameters = model.namedParameters().filter { own.contains(ObjectIdentifier($0.parameter)) }.map {
      (path: $0.name, parameter: $0.parameter)
    }
    values = parameters.map(\.parameter)
    require(
      values.count == own.count,
      "learner “\(name)”: \(own.count - values.count) of its networks' parameters do not belong to the model, which would not save them"
    )
    require(!values.isEmpty, "learner “\(name)”: its networks have no trainable parameters in the model")
  }

  /// Sets the optimizer's rate for `epoch`, from 0.
  public func beginEpoch(_ epoch: Int, of epochs: Int) {
    optimizer.learningRate = baseLearningRate * schedule.factor(epoch: epoch, of: epochs)
  }

  // MARK: State

  private struct Saved: Codable, Equatable {
    var type: String
    var settings: [String: Float]
    var learningRate: Float
    var schedule: String
    var iterations: Int
  }

  public var stateName: String { "learner/\(name)" }

  private var saved: Saved {
    Saved(
      type: "\(type(of: optimizer))", settings: optimizer.settings, learningRate: baseLearningRate,
      schedule: schedule.description, iterations: optimizer.iterations)
  }

  public func checkpointState() throws -> State {
    let tensors = optimizer.slots.enumerated().flatMap { slot, values in
      zip(parameters, values).map { (name: "\(slot)/\($0.path)", value: $1) }
    }
    return try State(tensors: tensors, encoding: saved)
  }

  public func restoring(_ state: SavedState) throws -> () -> Void {
    let wanted = saved, found = try state.decode(Saved.self)
    guard found.type == wanted.type, found.settings == wanted.settings else {
      throw StateMismatch("the optimizer is \(found.type) \(found.settings), not \(wanted.type) \(wanted.settings)")
    }
    guard found.learningRate == wanted.learningRate, found.schedule == wanted.schedule else {
      throw StateMismatch(
        "the learning rate is \(found.learningRate), \(found.schedule), not \(wanted.learningRate), \(wanted.schedule)")
    }
    guard found.iterations >= 0, found.iterations < 1 << 53 else {
      throw StateMismatch("the optimizer has taken \(found.iterations) steps, which cannot be")
    }
    let slots = try (0..<(found.iterations == 0 ? 0 : optimizer.slotCount)).map { slot in
      try parameters.map { path, parameter in
        try state.tensor("\(slot)/\(path)", shape: parameter.shape, on: parameter.value.device)
      }
    }
    return { [optimizer] in (optimizer.iterations, optimizer.slots) = (found.iterations, slots) }
  }
}
