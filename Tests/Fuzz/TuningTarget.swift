import Foundation
import TestSupport

@testable import OpenCLBackend

/// What the tuner left for this device in the user's cache folder.
struct TuningTarget {
  let folder: TemporaryFolder

  func all() throws -> [FuzzTarget] {
    guard let device = OpenCLInventory().devices.first else { return [] }
    let shapes = [
      #"{"kind": "matrix, rows", "batch": 1, "m": 40, "n": 64, "k": 96}"#,
      #"{"kind": "patches 1×3×3, stride 2, filter", "batch": 4, "m": 1000, "n": 32, "k": 288}"#,
    ]
    let products = zip(shapes, ["few rows", "tile 128×128×8"]).map { shape, variant in
      #"{"shape": \#(shape), "variant": "\#(variant)", "milliseconds": 0.5, "defaultMilliseconds": 0.75}"#
    }
    let corpus = Array(#"{"device": "a device", "products": [\#(products.joined(separator: ", "))]}"#.utf8)
    // Where the file lies: its name tells devices apart.
    let place = folder("tuning"), file = ProductTuning(folder: place, device: device).url!
    let asked = try shapes.map { try JSONDecoder().decode(ProductShape.self, from: Data($0.utf8)) }
    return [
      FuzzTarget("tuning", corpus: [corpus]) { mutator, input, other in
        mutator.json(input, other: other)
      } read: { bytes in
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
        let tuning = ProductTuning(folder: place, device: device)
        for shape in asked + tuning.entries.keys { _ = tuning.variant(for: shape) }
        try tuning.save()
        struct Refused: Error {}
        if tuning.entries.isEmpty { throw Refused() }
      }
    ]
  }
}
