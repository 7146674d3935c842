import Figment
import Files
import Foundation

/// What `figment data show` says of volumes and meshes.
extension DataShow {
  func showShapes(in url: URL) throws {
    let listing = try shapes.listing(url), progress = ProgressLine("looked at", total: listing.files.count, unit: "shapes")
    var unreadable = [UnreadablePicture]()
    let split = try listing.split(
      side: voxels ?? 32, settings: VolumeSettings(fill: shapes.fill ?? .solid), notice: { _ in },
      progress: { progress.report($0) },
      unreadable: { unreadable.append($0) })
    StandardError.write("")
    let endings = Dictionary(grouping: listing.files, by: { $0.url.pathExtension.lowercased() }).map { "\($1.count) .\($0)" }
      .sorted()
    try printOutput("files: \(listing.files.count) (\(endings.joined(separator: ", ")))")
    try showVolumes(split, side: voxels ?? 32)
    var lines = ["cannot be read: " + (unreadable.isEmpty ? "none" : "\(unreadable.count)")]
    for file in unreadable { lines.append("  \(file.name): \(file.problem)") }
    try printOutput(lines.joined(separator: "\n"))
  }

  func showVolumes(_ split: DatasetSplit, side: Int) throws {
    let data = split.training, names = data.field("label")?.classNames
    var shares = [Double](), pieces = 0, labels = [Int]()
    for index in 0..<data.count {
      let volume = try Self.volume(data, index)
      shares.append(volume.occupancy())
      if volume.largestComponentShare() < 0.95 { pieces += 1 }
      if names != nil, let label = try data.label(index) { labels.append(label) }
    }
    shares.sort()
    func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }
    var lines = ["volumes: \(data.count)" + (split.validation.map { ", and \($0.count) for validation" } ?? "")]
    lines.append("size: \(side)×\(side)×\(side) voxels")
    if let names { lines.append(Self.classes(names, labels)) }
    lines.append(
      "full voxels: \(percent(shares[0])) to \(percent(shares[shares.count - 1])), half of the volumes up to \(percent(shares[shares.count / 2]))"
    )
    lines.append("in several pieces: \(pieces)")
    try printOutput(lines.joined(separator: "\n"))
    if let output { try draw(data, labels: labels, to: output) }
  }

  private static func volume(_ data: any Dataset, _ index: Int) throws -> Volume {
    let shape = data.field("volume")!.shape
    let values = try data.batch([index], of: [Field("volume", shape: shape, range: 0...1)]).arrays["volume"]!.values
    return Volume(depth: shape[0], height: shape[1], width: shape[2], values: values)
  }

  /// Of few classes a row each, of many or none a grid; shapes from all over the data set.
  private func draw(_ data: any Dataset, labels: [Int], to output: String) throws {
    let columns = 8
    func spread(_ indices: [Int], _ count: Int) -> [Int] {
      let count = min(count, indices.count)
      return (0..<count).map { indices[$0 * indices.count / count] }
    }
    var chosen = [Int?](), rows = [Int]()
    let classes = Dictionary(grouping: labels.indices) { labels[$0] }.sorted { $0.key < $1.key }
    if classes.count > 1, classes.count <= 20 {
      for (number, members) in classes {
        let row = spread(members, columns)
        chosen += row.map { $0 } + [Int?](repeating: nil, count: columns - row.count)
        rows.append(number)
      }
    } else {
      chosen = spread(Array(0..<data.count), columns * columns)
    }
    let size = 112, side = data.field("volume")!.shape[0]
    let nothing = Volume(depth: side, height: side, width: side, values: [Float](repeating: 0, count: side * side * side))
    var sheet = Picture.grid(
      of: try chosen.map { try $0.map { try Self.volume(data, $0) } ?? nothing }, columns: min(columns, chosen.count), size: size)
    if let names = data.field("label")?.classNames, !rows.isEmpty {
      sheet = sheet.withRowNames(rows.enumerated().map { (names[$1], 2 + $0 * (size + 2) + size / 2) })
    }
    try sheet.write(to: URL(fileURLWithPath: output))
    try printWritten(output)
  }
}
