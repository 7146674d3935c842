import Files
import Foundation
import Volumes

/// The models of Sweet Home 3D (Debian's `sweethome3d-furniture`; CC BY, CC0 and public domain): OBJ files in zip archives, each
/// with a catalogue of their names.
struct FurnitureCatalogue {
  struct Model {
    let name: String
    /// As the catalogue says: `Living room`, `Kitchen`, …
    let category: String
    let archive: Int
    let entry: String
    /// In centimetres: across, from back to front, and up.
    let size: SIMD3<Float>
    /// What turns it so that it stands, and faces the eye; row after row.
    let rotation: [Float]?
  }
  private let archives: [ZipArchive]
  /// In the order of the archives' names, and of each one's catalogue.
  let models: [Model]

  /// Whether a folder holds such archives.
  static func isThere(_ folder: URL) -> Bool { !archiveNames(folder).isEmpty }

  private static func archiveNames(_ folder: URL) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).filter { $0.hasSuffix(".sh3f") }.sorted()
  }

  /// The archives of a folder.
  init(_ folder: URL) throws {
    archives = try Self.archiveNames(folder).map { try ZipArchive(contentsOf: folder.appending(path: $0)) }
    var models = [Model]()
    for (number, archive) in archives.enumerated() {
      let text = try archive.contents(of: "PluginFurnitureCatalog.properties", largest: 1 << 24)
      models += Self.models(in: Properties(text), archive: number)
    }
    self.models = models
  }

  private static func models(in properties: Properties, archive: Int) -> [Model] {
    var models = [Model](), number = 1
    // Numbers follow on each other; a model that this program cannot place is passed over.
    while let name = properties["name#\(number)"] {
      func value(_ key: String) -> String? { properties["\(key)#\(number)"] }
      func length(_ key: String) -> Float { value(key).flatMap(Float.init) ?? 0 }
      defer { number += 1 }
      guard let entry = value("model"), entry.lowercased().hasSuffix(".obj") else { continue }
      let rotation = value("modelRotation").map { $0.split(separator: " ").compactMap { Float($0) } }
      models.append(
        Model(
          name: name, category: value("category") ?? "Miscellaneous", archive: archive,
          entry: entry.hasPrefix("/") ? String(entry.dropFirst()) : entry,
          size: SIMD3(length("width"), length("height"), length("depth")),
          rotation: rotation.flatMap { $0.count == 9 && $0.allSatisfy(\.isFinite) ? $0 : nil }))
    }
    return models
  }

  /// A model's mesh, standing and facing the eye, of the proportions that the catalogue gives.
  func mesh(of model: Model) throws -> Mesh {
    let archive = archives[model.archive]
    let bytes = try archive.contents(of: model.entry, largest: 1 << 28)
    var mesh = try Mesh(bytes, .obj, path: "\(archive.path), \(model.entry)")
    if let r = model.rotation {
      mesh = mesh.transformed((SIMD3(r[0], r[1], r[2]), SIMD3(r[3], r[4], r[5]), SIMD3(r[6], r[7], r[8])))
    }
    guard let bounds = mesh.bounds else { return mesh }
    let extent = bounds.upper - bounds.lower
    var factors = SIMD3<Float>.one
    for axis in 0..<3 where extent[axis] > 0 && model.size[axis] > 0 && model.size[axis].isFinite {
      factors[axis] = model.size[axis] / extent[axis]
    }
    return mesh.transformed((SIMD3(factors.x, 0, 0), SIMD3(0, factors.y, 0), SIMD3(0, 0, factors.z)))
  }
}

/// Java's properties: lines `key=value` in Latin-1, with `\u20ac` for other characters.
struct Properties {
  private var values: [String: String] = [:]

  init(_ text: [UInt8]) {
    for line in text.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
      guard line.first != UInt8(ascii: "#"), let sign = line.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let key = Self.decoded(line[..<sign]), value = Self.decoded(line[(sign + 1)...])
      values[key.trimmingCharacters(in: .whitespaces)] = value.trimmingCharacters(in: .whitespaces)
    }
  }

  subscript(key: String) -> String? { values[key] }

  private static func decoded(_ bytes: ArraySlice<UInt8>) -> String {
    var units = [UInt16](), rest = bytes
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\"), let letter = rest.popFirst() else {
        units.append(UInt16(byte))
        continue
      }
      if letter == UInt8(ascii: "u"), let unit = UInt16(String(decoding: rest.prefix(4), as: UTF8.self), radix: 16) {
        units.append(unit)
        rest = rest.dropFirst(4)
      } else {
        units.append(UInt16(letter))
      }
    }
    return String(decoding: units, as: UTF16.self)
  }
}
