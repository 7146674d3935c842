import Files
import Foundation
import Volumes

/// `furniture`, `furniture:chairs`, `furniture:chairs,tables` and so on: models of Sweet Home 3D by what they are called, or by the
/// catalogue's categories. A sixth of the models, always the same, is held out for validation.
enum Furniture {
  static let name = "furniture"

  /// Kinds of things by words in their names; those with one of the second list are none.
  private static let kinds: [(name: String, words: [String], exceptions: [String])] = [
    ("chairs", ["chair"], ["ottoman", "wheelchair"]),
    ("stools", ["stool"], []),
    ("tables", ["table"], ["tablet", "table fan", "table tennis bat"]),
    ("desks", ["desk"], ["desk lamp"]),
    ("sofas", ["sofa", "couch"], []),
    ("beds", ["bed", "crib", "mattress", "futon"], ["bedside", "couch"]),
    ("cabinets", ["cabinet", "wardrobe", "cupboard", "dresser", "bookcase", "shelves", "locker"], []),
    ("lamps", ["lamp", "light", "chandelier"], []),
  ]

  /// All that can follow the colon.
  static func selections(of models: [FurnitureCatalogue.Model]) -> [String] {
    kinds.map(\.name) + Set(models.map { slug($0.category) }).sorted()
  }

  /// `Living room` as it is given on a command line.
  private static func slug(_ category: String) -> String { category.lowercased().replacing(" ", with: "-") }

  private static func matches(_ model: FurnitureCatalogue.Model, _ selection: String) -> Bool {
    guard let kind = kinds.first(where: { $0.name == selection }) else { return slug(model.category) == selection }
    let name = model.name.lowercased()
    return kind.words.contains { name.contains($0) } && !kind.exceptions.contains { name.contains($0) }
  }

  /// - Parameters:
  ///   - selection: What stands behind the colon; nil for everything, by the catalogue's categories.
  ///   - settings: How training samples are varied; those for validation are not.
  static func load(_ selection: String?, from folder: URL, side: Int, settings: VolumeSettings) throws -> DatasetSplit {
    let catalogue = try FurnitureCatalogue(folder), known = selections(of: catalogue.models)
    let wanted =
      selection.map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
      ?? Set(catalogue.models.map { slug($0.category) }).sorted()
    for name in wanted where !known.contains(name) {
      throw DatasetError.unknownFurniture(name, nearest: nearestName(to: name, in: known), known: known)
    }
    // What fits two kinds belongs to the first that is asked for.
    let chosen = catalogue.models.compactMap { model in wanted.firstIndex { matches(model, $0) }.map { (model, $0) } }
    let meshes = try parallelMap(chosen.count) { index in Result { try catalogue.mesh(of: chosen[index].0) } }.map { try $0.get() }
    guard chosen.count > 1 else { throw DatasetError.oneShape("\(name):\(selection ?? "")", count: chosen.count) }
    let heldOut = max(1, chosen.count / 6)
    let order = shuffledIndices(count: chosen.count, seed: 3, epoch: 0, purpose: .split)
    func part(_ indices: [Int], _ settings: VolumeSettings) -> MeshDataset {
      MeshDataset(
        indices.map { meshes[$0] }, names: indices.map { chosen[$0].0.name },
        labels: wanted.count > 1 ? indices.map { chosen[$0].1 } : nil, classNames: wanted, side: side, settings: settings)
    }
    return DatasetSplit(
      training: part(order[heldOut...].sorted(), settings), validation: part(order[..<heldOut].sorted(), settings.withoutVariation))
  }
}
