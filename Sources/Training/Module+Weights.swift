import Backends
import Foundation
import Interchange
import Layers
import Tensors

extension Module {
  /// Writes all parameters and statistics, each under its name, as a safetensors file; what was there is replaced as a whole.
  ///
  /// - Throws: what the device and the file throw.
  public final func saveWeights(to url: URL) throws {
    var file = SafetensorsWriter()
    for (name, value) in parameterState().tensors { file.add(name, shape: value.shape) { try value.scalars() } }
    try file.write(to: url)
  }

  /// Reads all parameters and statistics from a safetensors file, which may have other tensors as well: a checkpoint will do.
  /// Changes nothing if one is missing, of another shape or type, or not finite.
  ///
  /// - Throws: `CheckpointError`, or an error that says what is wrong with the file.
  public final func loadWeights(from url: URL) throws {
    let file = try SafetensorsFile(contentsOf: url)
    let commit = try restoringParameters(SavedState(values: .null) { try file.weights($0, shape: $1) })
    commit()
  }
}

extension SafetensorsFile {
  /// The elements of a tensor that must be there, of this shape, and finite.
  func weights(_ name: String, shape: Shape) throws -> [Float] {
    guard let entry = entries[name] else { throw CheckpointError(path, "has no tensor “\(name)”") }
    guard entry.shape == shape else {
      throw CheckpointError(path, "its tensor “\(name)” has shape \(entry.shape), the model wants \(shape)")
    }
    let values: [Float] = try values(name)
    guard values.allSatisfy(\.isFinite) else {
      throw CheckpointError(path, "its tensor “\(name)” has elements that are not finite; use another checkpoint")
    }
    return values
  }
}
