import Backends
import Files
import Foundation
import Tensors

/// What a part of a run must remember to go on as if it had never stopped: tensors by name, and values as JSON.
public struct State {
  /// What a checkpoint keeps as tensors; names differ within a state.
  public var tensors: [(name: String, value: Tensor)]
  /// Everything else, as JSON.
  public var values: JSONValue

  /// A state of tensors and JSON, either of which may be empty.
  public init(tensors: [(name: String, value: Tensor)] = [], values: JSONValue = .object([:])) {
    (self.tensors, self.values) = (tensors, values)
  }

  /// A state of tensors and of values that JSON can hold.
  ///
  /// - Parameter values: Read back with ``SavedState/decode(_:)``. Keep whole numbers beyond 2⁵³ as texts.
  /// - Throws: What encoding throws, for example of a NaN; ``JSONError`` for a whole number that is no 64-bit float.
  public init(tensors: [(name: String, value: Tensor)] = [], encoding values: some Encodable) throws {
    self.init(tensors: tensors, values: try JSONValue(encoding: values))
  }
}

/// A part of a run with a state: a model, a learner, a stream of random numbers, the loop's progress, a callback.
public protocol Stateful: AnyObject {
  /// What the part is called in a checkpoint; no two parts of a run have the same name.
  var stateName: String { get }

  /// What is to be remembered now. Called between steps.
  ///
  /// - Throws: What keeps the checkpoint from being written.
  func checkpointState() throws -> State

  /// Checks `state` and returns what puts it in place: where one part does not fit, no other has changed.
  ///
  /// - Throws: ``StateMismatch`` if the state cannot be this part's; what reading it throws.
  func restoring(_ state: SavedState) throws -> () -> Void
}

/// A part's state as a file holds it; tensors are read when they are asked for.
public struct SavedState {
  /// What ``State/values`` was when it was saved.
  public let values: JSONValue
  private let tensor: (_ name: String, _ shape: Shape) throws -> [Float]

  /// - Parameter tensor: Reads a tensor, or throws if there is none of that name and shape.
  public init(values: JSONValue, tensor: @escaping (_ name: String, _ shape: Shape) throws -> [Float]) {
    (self.values, self.tensor) = (values, tensor)
  }

  /// Reads the tensor `name` and uploads it as a constant.
  ///
  /// - Throws: What the file throws if it has no tensor of that name and shape, or cannot be read.
  public func tensor(_ name: String, shape: Shape, on device: Device) throws -> Tensor {
    Tensor(try tensor(name, shape), shape: shape, on: device)
  }

  /// The values as `type`, which must have exactly their fields.
  ///
  /// - Throws: ``JSONError`` if a field is missing, unknown or of another type.
  public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
    try JSONText(values.data, source: "its values").decodeExactly(type)
  }
}

/// A state that does not fit the part it is to be put into.
public struct StateMismatch: Error, CustomStringConvertible {
  public let description: String

  /// - Parameter description: What does not fit, as the end of a message that begins with the checkpoint and the part.
  public init(_ description: String) { self.description = description }
}

extension Module {
  /// Parameters and statistics by name.
  package final func parameterState() -> State {
    State(tensors: namedParameters().map { ($0.name, $0.parameter.value) })
  }

  package final func restoringParameters(_ state: SavedState) throws -> () -> Void {
    let values = try namedParameters().map { name, parameter in
      (parameter, try state.tensor(name, shape: parameter.shape, on: parameter.value.device))
    }
    return { for (parameter, value) in values { parameter.value = value } }
  }
}

extension RandomGenerator: Stateful {
  public var stateName: String { "random" }

  /// As texts: a JSON number need not hold 64 bits.
  private struct Saved: Codable {
    var seed: String
    var counter: String
  }

  public func checkpointState() throws -> Layers.State {
    try .init(encoding: Saved(seed: "\(state.seed)", counter: "\(state.counter)"))
  }

  public func restoring(_ saved: SavedState) throws -> () -> Void {
    let found = try saved.decode(Saved.self)
    // A counter that no program reaches would overflow at the next draw.
    guard let seed = UInt64(found.seed), let counter = UInt64(found.counter), counter < 1 << 62 else {
      throw StateMismatch("the seed “\(found.seed)” or the counter “\(found.counter)” cannot be")
    }
    return { self.state = State(seed: seed, counter: counter) }
  }
}
