import Tensors

/// What a step measured: scalars that may still be on the device, each with a mean of its own, which a step that does not
/// measure it does not enter.
public struct Measurements {
  /// One scalar that a step measured.
  public struct Entry {
    /// What metrics call it, such as `loss`.
    public let name: String
    /// A scalar, detached: it holds no graph.
    public let value: Tensor
    /// How many samples it is a mean over; nil for those of the batch.
    public let weight: Int?
  }

  /// In the order in which they were added.
  public private(set) var entries: [Entry] = []

  /// None yet.
  public init() {}

  /// Each a mean over the samples of the batch.
  public init(_ values: KeyValuePairs<String, Tensor>) {
    for (name, value) in values { add(name, value) }
  }

  /// Adds a measurement, detached from the tape.
  ///
  /// - Parameters:
  ///   - name: What metrics call it.
  ///   - value: A scalar: a mean over samples.
  ///   - weight: How many samples it is a mean over; nil for those of the batch. Means over steps weigh it by them.
  public mutating func add(_ name: String, _ value: Tensor, weight: Int? = nil) {
    entries.append(Entry(name: name, value: value.detached(), weight: weight))
  }

  /// The first measurement of that name, or nil if the step did not measure it.
  public subscript(_ name: String) -> Tensor? { entries.first { $0.name == name }?.value }
}
