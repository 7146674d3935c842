import Layers
import Tensors

/// The mean of a measurement over some samples.
public struct MeasurementMean: Codable, Equatable, Sendable {
  /// As the step named it: `loss`.
  public let name: String
  /// Weighted by the number of samples each step measured it over.
  public let value: Double

  /// - Parameter name: As steps name the measurement.
  public init(name: String, value: Double) { (self.name, self.value) = (name, value) }
}

/// Sums of measurements, each weighted by the number of samples it was a mean over, and divided by its own.
struct MeasurementSums: Codable, Equatable, Sendable {
  private struct Entry: Codable, Equatable, Sendable {
    var name: String
    var sum: Double
    var weight: Int
  }
  private var entries: [Entry] = []

  mutating func add(_ value: Float, to name: String, weight: Int) {
    if let index = entries.firstIndex(where: { $0.name == name }) {
      entries[index].sum += Double(value) * Double(weight)
      entries[index].weight += weight
    } else {
      entries.append(Entry(name: name, sum: Double(value) * Double(weight), weight: weight))
    }
  }

  /// What batches of `count` samples measured; waits for the device.
  mutating func add(_ batches: [(count: Int, measurements: Measurements)]) throws {
    let entries = batches.flatMap { batch in batch.measurements.entries.map { ($0, $0.weight ?? batch.count) } }
    for (value, (entry, weight)) in zip(try Tensor.scalars(of: entries.map(\.0.value)), entries) {
      add(value, to: entry.name, weight: weight)
    }
  }

  /// In the order in which they were first measured; one that was never measured is not among them.
  var means: [MeasurementMean] {
    entries.filter { $0.weight > 0 }.map { MeasurementMean(name: $0.name, value: $0.sum / Double($0.weight)) }
  }

  /// Whether a program can have written it.
  var isPlausible: Bool {
    entries.allSatisfy { $0.sum.isFinite && $0.weight >= 0 && $0.weight < 1 << 53 }
      && Set(entries.map(\.name)).count == entries.count
  }
}
