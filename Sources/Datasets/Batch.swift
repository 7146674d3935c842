import Backends
import Foundation
import Tensors

/// Some samples, ready to be uploaded.
public struct HostBatch: Sendable {
  /// Where in the data set they are.
  public let indices: [Int]
  /// `[N, …]`, by field.
  public let arrays: [String: HostArray]
  /// How many samples of the epoch have been used up with this batch; start there to go on after it.
  public let position: Int

  /// The number of samples.
  public var count: Int { indices.count }
}

/// Some samples on a device. A field is uploaded when it is first asked for, so one that no model reads costs nothing.
public final class Batch {
  /// The number of samples.
  public let count: Int
  private let device: Device
  private let arrays: [String: HostArray]
  private var tensors: [String: Tensor]

  /// A batch whose fields come from the host.
  ///
  /// - Parameter device: Where a field goes when it is first asked for.
  public init(_ batch: HostBatch, on device: Device) {
    (count, arrays, self.device, tensors) = (batch.count, batch.arrays, device, [:])
  }

  /// Tensors `[N, …]` that are on their device already.
  public init(_ tensors: [String: Tensor]) {
    guard let first = tensors.values.first else { fatalError("a batch has at least one field") }
    (count, arrays, device, self.tensors) = (first.shape[0], [:], first.device, tensors)
  }

  /// The field `name`, `[N, …]`; asking for one that is not among the model's inputs is a programming mistake.
  public subscript(_ name: String) -> Tensor {
    if let tensor = tensors[name] { return tensor }
    guard let array = arrays[name] else {
      fatalError("the batch has no field “\(name)”, only \((Array(arrays.keys) + Array(tensors.keys)).sorted())")
    }
    let tensor = Tensor(array.values, shape: Shape(array.shape), on: device)
    tensors[name] = tensor
    return tensor
  }
}

/// Makes batches of a model's inputs from a data set's samples.
struct Collation: Sendable {
  private struct Column: Sendable {
    let place: Int
    let field: Field
    /// From the data set's range to the model's: `value · scale + offset`; nil where they are the same.
    let map: (scale: Float, offset: Float)?
  }
  private let columns: [Column]

  init(of wanted: [Field], from dataset: some Dataset) throws {
    columns = try wanted.map { field in
      guard let place = dataset.fields.firstIndex(where: { $0.name == field.name }) else {
        throw FieldError.missing(field.name, found: dataset.fields.map(\.name))
      }
      let found = dataset.fields[place]
      guard found.shape == field.shape else {
        throw FieldError.otherShape(field.name, found: found.shape, wanted: field.shape)
      }
      var map: (scale: Float, offset: Float)?
      if let from = found.range, let to = field.range, from != to {
        let scale = (to.upperBound - to.lowerBound) / (from.upperBound - from.lowerBound)
        map = (scale, to.lowerBound - from.lowerBound * scale)
      }
      return Column(place: place, field: field, map: map)
    }
  }

  func batch(_ indices: [Int], of dataset: some Dataset, seed: UInt64, epoch: Int, position: Int) throws -> HostBatch {
    var values = columns.map { column in
      var values = [Float]()
      values.reserveCapacity(column.field.count * indices.count)
      return values
    }
    for index in indices {
      var draw = RandomWords(seed: seed, epoch: epoch, purpose: .sample(index))
      let sample = try dataset.sample(index, &draw)
      for (number, column) in columns.enumerated() {
        let array = sample[column.place]
        precondition(array.shape == column.field.shape, "sample \(index): “\(column.field.name)” has shape \(array.shape)")
        if let map = column.map {
          values[number].append(contentsOf: array.values.lazy.map { $0 * map.scale + map.offset })
        } else {
          values[number].append(contentsOf: array.values)
        }
      }
    }
    var arrays = [String: HostArray]()
    for (column, values) in zip(columns, values) {
      arrays[column.field.name] = HostArray(values, shape: [indices.count] + column.field.shape)
    }
    return HostBatch(indices: indices, arrays: arrays, position: position)
  }
}
