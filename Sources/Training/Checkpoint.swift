import Backends
import Files
import Foundation
import Interchange
import Layers
import Models
import Tensors

/// Everything that training needs to go on as if it had never stopped, in one safetensors file: parameters
/// and statistics by name, optimizer slots as `optimizer/<name>/<slot>/<parameter>`, and in the metadata
/// the state of the random stream, the optimizers' counts and the loop's progress.
public struct Checkpoint {
  /// What the metadata holds, as JSON under the key `figment`.
  struct Header: Codable {
    struct OptimizerState: Codable {
      var type: String
      var iterations: Int
      var settings: [String: Float]
    }
    var version = 1
    var model: String
    var configuration: JSONValue
    var random: RandomGenerator.State
    var optimizers: [String: OptimizerState]
    var progress: TrainingProgress
  }

  public let path: String
  let header: Header
  let file: SafetensorsFile

  public var model: String { header.model }
  public var progress: TrainingProgress { header.progress }

  /// Reads and checks a file; tensors are read when they are asked for.
  public init(contentsOf url: URL) throws {
    path = url.path
    file = try SafetensorsFile(contentsOf: url)
    guard let text = file.metadata["figment"] else {
      throw CheckpointError(path, "has no “figment” entry in its metadata: it is not a checkpoint of this program")
    }
    do {
      header = try JSONDecoder().decode(Header.self, from: Data(text.utf8))
    } catch {
      throw CheckpointError(path, "its “figment” metadata cannot be read: \(error)")
    }
    guard header.version == 1 else {
      throw CheckpointError(path, "is of version \(header.version), which this program does not know")
    }
  }

  /// Copies parameters, statistics and the random state into `model`. Changes nothing if anything is missing.
  public func restore(_ model: any TrainableModel) throws {
    let identifier = Swift.type(of: model).identifier
    guard header.model == identifier else {
      throw CheckpointError(path, "is of the model “\(header.model)”, not “\(identifier)”")
    }
    let values = try model.namedParameters().map { name, parameter in
      (parameter, try tensor(named: name, shape: parameter.shape, on: model.device))
    }
    for (parameter, value) in values { parameter.value = value }
    model.random.state = header.random
  }

  /// Restores model, optimizers and progress.
  public func restore(_ trainer: Trainer) throws {
    let model = trainer.model
    let trainable = model.namedParameters().filter { $0.parameter.kind == .trainable }
    var restored: [(optimizer: Optimizer, iterations: Int, slots: [[Tensor]])] = []
    for (name, optimizer) in trainer.optimizers {
      guard let state = header.optimizers[name] else { throw CheckpointError(path, "has no optimizer “\(name)”") }
      let type = "\(Swift.type(of: optimizer))"
      guard state.type == type, state.settings == optimizer.settings else {
        throw CheckpointError(
          path, "its optimizer “\(name)” is \(state.type) \(state.settings), not \(type) \(optimizer.settings)")
      }
      let slotCount = state.iterations == 0 ? 0 : optimizer.rule(iteration: 1).slotCount
      let slots = try (0..<slotCount).map { slot in
        try trainable.map {
          try tensor(named: "optimizer/\(name)/\(slot)/\($0.name)", shape: $0.parameter.shape, on: model.device)
        }
      }
      restored.append((optimizer, state.iterations, slots))
    }
    try restore(model)
    for (optimizer, iterations, slots) in restored {
      optimizer.iterations = iterations
      optimizer.slots = slots
    }
    trainer.resume(from: header.progress)
    trainer.lastCheckpoint = URL(fileURLWithPath: path)
  }

  private func tensor(named name: String, shape: Shape, on device: Device) throws -> Tensor {
    guard let entry = file.entries[name] else { throw CheckpointError(path, "has no tensor “\(name)”") }
    guard entry.shape == shape else {
      throw CheckpointError(path, "its tensor “\(name)” has shape \(entry.shape), the model wants \(shape)")
    }
    return Tensor(try file.floats(name), shape: shape, on: device)
  }

  /// Writes beside `url` and renames, so that whatever was there survives a failure.
  static func write(_ trainer: Trainer, to url: URL) throws {
    try trainer.readLosses()
    let model = trainer.model
    var file = SafetensorsWriter()
    for (name, parameter) in model.namedParameters() {
      let values = try parameter.value.scalars()
      // Losses can stay finite for a while when a parameter is not: some activations hide a NaN.
      guard values.allSatisfy(\.isFinite) else {
        throw TrainingError.parameterNotFinite(
          name, step: trainer.progress.step, checkpoint: trainer.lastCheckpoint?.path)
      }
      file.add(name, values, shape: parameter.shape)
    }
    let trainable = model.namedParameters().filter { $0.parameter.kind == .trainable }.map(\.name)
    var states = [String: Header.OptimizerState]()
    for (name, optimizer) in trainer.optimizers {
      states[name] = .init(
        type: "\(Swift.type(of: optimizer))", iterations: optimizer.iterations, settings: optimizer.settings)
      for (slot, values) in optimizer.slots.enumerated() {
        for (parameter, value) in zip(trainable, values) {
          file.add("optimizer/\(name)/\(slot)/\(parameter)", try value.scalars(), shape: value.shape)
        }
      }
    }
    var progress = trainer.progress
    progress.callbackState = trainer.callbacks.reduce(into: [:]) { $0.merge($1.checkpointState) { $1 } }
    let header = Header(
      model: Swift.type(of: model).identifier, configuration: try JSONValue(encoding: model.configuration),
      random: model.random.state, optimizers: states, progress: progress)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(header), as: UTF8.self)
    file.metadata = ["figment": text]
    try file.write(to: url)
    trainer.lastCheckpoint = url
  }
}

public struct CheckpointError: Error, CustomStringConvertible {
  public let path: String
  public let problem: String

  public init(_ path: String, _ problem: String) { (self.path, self.problem) = (path, problem) }

  public var description: String { "checkpoint \(path): \(problem)" }
}

/// Writes `last.safetensors` after every epoch, on an interruption, and every `steps` steps if asked to;
/// and `best.safetensors` when the validation loss has never been lower.
public final class CheckpointWriter: Callback {
  public let folder: URL
  public let steps: Int?
  private var best = Double.infinity

  public init(folder: URL, everySteps steps: Int? = nil) {
    (self.folder, self.steps) = (folder, steps)
  }

  public static func last(in folder: URL) -> URL { folder.appendingPathComponent("last.safetensors") }
  public static func best(in folder: URL) -> URL { folder.appendingPathComponent("best.safetensors") }

  public override func restore(_ state: [String: Double], trainer: Trainer) {
    best = state["checkpoints.best"] ?? .infinity
  }

  public override var checkpointState: [String: Double] { best.isFinite ? ["checkpoints.best": best] : [:] }

  public override func trainingBegan(_ trainer: Trainer) throws { try createFolder(folder) }

  public override func stepEnded(_ trainer: Trainer) throws {
    guard let steps, trainer.progress.step % steps == 0,
      trainer.progress.position < trainer.plan.trainingCount
    else { return }
    try Checkpoint.write(trainer, to: Self.last(in: folder))
  }

  public override func epochEnded(_ trainer: Trainer, _ record: EpochRecord) throws {
    if let loss = record.validation?.first?.value, loss < best {
      best = loss
      try Checkpoint.write(trainer, to: Self.best(in: folder))
    }
    try Checkpoint.write(trainer, to: Self.last(in: folder))
  }

  public override func trainingEnded(_ trainer: Trainer, _ end: TrainingEnd) throws {
    if end == .interrupted { try Checkpoint.write(trainer, to: Self.last(in: folder)) }
  }
}
