import Backends
import Files
import Foundation
import Pictures

/// The units of the game Battle for Wesnoth (Debian's `wesnoth-1.16-data`; GPL, in part CC BY-SA), painted in one style, on white.
///
/// Of the pictures of units those of the usual size are taken, and of these the ones that show a unit: not what is left of one that
/// fades, a flame or a halo. Pictures of one unit's movements are nearly the same, so whole units are held out for validation.
enum Sprites {
  /// In pixels each way.
  private static let side = 72
  /// The least part of a picture that its unit covers.
  private static let leastCover = 0.08

  /// The newest release's data below `games`; nil if there is none.
  static func folder(in games: URL) -> URL? {
    let releases = (try? FileManager.default.contentsOfDirectory(atPath: games.path)) ?? []
    return releases.sorted().reversed().map { games.appending(path: "\($0)/data") }
      .first { FileManager.default.fileExists(atPath: $0.appending(path: "core/images/units").path) }
  }

  static func load(_ folder: URL, shape: [Int], settings: PictureSettings) throws -> DatasetSplit {
    try PictureSettings.requirePicture(shape, folder.path)
    let names = try FolderContents(folder).names.filter { $0.contains("/images/units/") && $0.hasSuffix(".png") }
    let found = parallelMap(names.count) { index in
      Result { try pixels(of: folder.appending(path: names[index]), shape: shape, settings) }
    }
    var units = [String: [(race: String, pixels: [UInt8])]]()
    for (name, result) in zip(names, found) {
      guard let pixels = try result.get() else { continue }
      units[unit(name), default: []].append((race(name), pixels))
    }
    let order = units.keys.sorted(), heldOut = stride(from: 4, to: order.count, by: 10).map { order[$0] }
    guard !heldOut.isEmpty else {
      throw DatasetError.noPictures(folder: folder.path, files: names.count, unreadable: [])
    }
    let races = Set(units.values.joined().map(\.race)).sorted()
    func part(_ units: [(race: String, pixels: [UInt8])]) -> ImageDataset {
      ImageDataset(
        pixels: Array(units.map(\.pixels).joined()), imageShape: Shape(shape),
        labels: units.map { races.firstIndex(of: $0.race)! }, classNames: races)
    }
    return DatasetSplit(
      training: part(order.filter { !heldOut.contains($0) }.flatMap { units[$0]! }),
      validation: part(heldOut.flatMap { units[$0]! }))
  }

  /// Nil for a picture that shows no unit.
  private static func pixels(of file: URL, shape: [Int], _ settings: PictureSettings) throws -> [UInt8]? {
    let encoded = try EncodedPicture(contentsOf: file)
    guard encoded.width == side, encoded.height == side else { return nil }
    // What differs between a white and a black ground is transparent.
    let onWhite = try encoded.decoded(over: .white).converted(toChannels: 1)
    let onBlack = try encoded.decoded(over: Color(0)).converted(toChannels: 1)
    let covered = zip(onWhite.pixels, onBlack.pixels).count { Int($0) - Int($1) < 128 }
    guard Double(covered) >= leastCover * Double(side * side) else { return nil }
    return try encoded.shaped(
      to: (shape[0], shape[1], shape[2]), by: settings.resize, crop: settings.crop
    ).pixels
  }

  /// The first word of the name, which all pictures of a unit have in common, in whatever folder they lie, men's and women's.
  static func unit(_ name: String) -> String {
    let file = name.split(separator: "/").last ?? ""
    return String(file.prefix { !"-_+.".contains($0) && !$0.isNumber })
  }

  /// The folder of the game's own units; those of campaigns are a race of their own.
  private static func race(_ name: String) -> String {
    let parts = name.split(separator: "/")
    return parts.first == "core" && parts.count > 4 ? String(parts[3]) : "campaigns"
  }
}
