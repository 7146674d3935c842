import Tensors

/// What a step measured: scalars that may still be on the device, each with a mean of its own, which a step that does not
/// measure it does not enter.
public struct Measurements {
  public struct Entry {
    public let name: String
    /// A scalar, detached: it holds no graph.
    public let value: Tensor
    /// How many samples it is a mean over; nil for those of the batch.
    public let weight: Int?
  }

  public private(set) var entries: [Entry] = []

  public init() {}

  /// Each a mean over the samples of the batch.
  public init(_ values: KeyValuePairs<String, Tensor>) {
    for (name, value) in values { add(name, value) }
  }

  public mutating func add(_ name: String, _ value: Tensor, weight: Int? = nil) {
    entries.append(Entry(name: name, value: value.detached(), weight: weight))
  }

  public subscript(_ name: String) -> Tensor? { entries.first { $0.name == name }?.value }
}
