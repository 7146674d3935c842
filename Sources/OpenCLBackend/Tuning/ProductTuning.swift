import Files
import Foundation
import Logging

/// Which way of computing a product was measured to be fastest on a device: an entry for each shape that
/// `figment benchmark --tune` has timed, in a JSON file of the user's. A shape that was not timed goes by the
/// nearest of its kind, and one with none near by the rules that come with the backend.
public struct ProductTuning: Sendable {
  public struct Entry: Codable, Equatable, Sendable {
    public var shape: ProductShape
    public var variant: ProductVariant
    /// Of the winner, and of what the rules would have taken.
    public var milliseconds: Double
    public var defaultMilliseconds: Double
  }

  /// What a file holds: the device is there for people, its folder's name tells devices apart.
  private struct Contents: Codable {
    var device: String
    var products: [Entry]
  }

  /// Beyond a factor of 4 in all a neighbour says nothing.
  private static let reach = 2.0

  let url: URL?
  let device: String
  public private(set) var entries: [ProductShape: Entry] = [:]

  /// No choices, kept nowhere.
  static let none = ProductTuning(url: nil, device: "")

  private init(url: URL?, device: String) { (self.url, self.device) = (url, device) }

  /// The choices for a device, from its file in `folder` if there is one. A file that cannot be read is named
  /// in a warning and counts as none.
  init(folder: URL?, device: OpenCLDevice) {
    let key = ProgramCache.key([
      device.name, device.vendor, device.driverVersion, device.platformName, device.platformVersion,
    ])
    self.init(
      url: folder?.appendingPathComponent("\(key).json"), device: "\(device.name), \(device.platformName) \(device.driverVersion)")
    guard let url, FileManager.default.fileExists(atPath: url.path) else { return }
    do {
      entries = try ProductTuning.entries(of: JSONText(contentsOf: url))
    } catch {
      Logger(label: "figment.opencl").warning(
        "\(error). The tuned products are not used, the built-in choices apply; delete the file or tune again.")
    }
  }

  /// What a file says, every number of it in its range.
  static func entries(of text: JSONText) throws(JSONError) -> [ProductShape: Entry] {
    var entries: [ProductShape: Entry] = [:]
    for (index, entry) in try text.decodeExactly(Contents.self).products.enumerated() {
      let shape = entry.shape
      for (name, extent) in [("batch", shape.batch), ("m", shape.m), ("n", shape.n), ("k", shape.k)] where extent < 1 {
        throw text.error(in: "products.\(index).shape.\(name)", "\(extent) is not at least 1")
      }
      for (name, time) in [("milliseconds", entry.milliseconds), ("defaultMilliseconds", entry.defaultMilliseconds)]
      where time < 0 {
        throw text.error(in: "products.\(index).\(name)", "\(time) is less than 0")
      }
      guard entries.updateValue(entry, forKey: shape) == nil else {
        throw text.error(in: "products.\(index).shape", "two products have this shape")
      }
    }
    return entries
  }

  func variant(for shape: ProductShape) -> ProductVariant? {
    if let entry = entries[shape] { return entry.variant }
    var nearest: (distance: Double, variant: ProductVariant)?
    for entry in entries.values {
      guard let distance = entry.shape.distance(to: shape), distance <= Self.reach else { continue }
      // Of two equally near ones the same at every run: dictionaries have no order.
      if let known = nearest, (known.distance, known.variant.description) <= (distance, entry.variant.description) {
        continue
      }
      nearest = (distance, entry.variant)
    }
    return nearest?.variant
  }

  mutating func set(_ entry: Entry) { entries[entry.shape] = entry }

  /// Writes the file, beside and renamed.
  func save() throws {
    guard let url else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let products = entries.values.sorted {
      ($0.shape.kind, $0.shape.m, $0.shape.n, $0.shape.k) < ($1.shape.kind, $1.shape.m, $1.shape.n, $1.shape.k)
    }
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try encoder.encode(Contents(device: device, products: products)).write(to: url, options: .atomic)
  }
}
