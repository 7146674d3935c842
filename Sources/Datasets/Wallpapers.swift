import Foundation

/// The photographs among the wallpapers of Debian's packages (CC BY and CC BY-SA; CC BY-SA and GPL), every one of which has been
/// looked at. What else is there is drawn, painted or computed: so is all of `ukui-wallpapers`.
enum Wallpapers {
  static let packages: [(name: String, photographs: [String])] = [
    (
      "lomiri-wallpapers-16.04",
      [
        "Bridge_by_Sander_Klootwijk.jpg", "Dragonfly_by_Bolly.jpg", "Picture_0B_by_freespace.jpg", "Picture_1A_by_freespace.jpg",
        "Wine_by_Jakkub_Mede.jpg", "aitzgorri_by_Aitzol_Berasategi.jpg", "analogpattern_by_Peter_Nerlich.jpg",
        "free_by_Peter_Nerlich.jpg", "friends_by_Aitzol_Berasategi.jpg", "greentock_by_Peter_Nerlich.jpg",
        "life_by_Aitzol_Berasategi.jpg", "picosdeeuropa_by_Aitzol_Berasategi.jpg", "seeding_by_Clements_Engelhardt.jpg",
        "sunset_by_Aitzol_Berasategi.jpg",
      ]
    ),
    (
      "mate-backgrounds",
      [
        "Aqua", "Blinds", "Dune", "FreshFlower", "Garden", "GreenMeadow", "LadyBird", "RainDrops", "Storm", "TwoWings", "Wood",
        "YellowFlower",
      ].map { "mate/nature/\($0).jpg" }
    ),
  ]

  /// What they are reduced to before crops are taken: as cameras wrote them, of crops of 96×96 pixels every eighth only has detail
  /// (bicubic interpolation by 4 below 30 dB), of these nearly every fourth.
  static let longestSide = 1280

  /// Gets them all.
  static let command = "apt-get install --no-install-recommends " + packages.map(\.name).joined(separator: " ")

  /// Those that are there; nil if none is.
  ///
  /// - Parameter notice: Told of packages that are not installed.
  static func listing(in folder: URL, notice: (String) -> Void) throws -> PictureListing? {
    func isThere(_ name: String) -> Bool { FileManager.default.fileExists(atPath: folder.appending(path: name).path) }
    let found = packages.map { (package: $0, names: $0.photographs.filter(isThere)) }
    let names = found.flatMap(\.names)
    guard !names.isEmpty else { return nil }
    for (package, there) in found where there.isEmpty {
      notice(
        "photographs: \(package.photographs.count) more come with the package \(package.name): "
          + "apt-get install --no-install-recommends \(package.name)")
    }
    return try PictureListing(folder, names: names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
  }
}
