import ArgumentParser
import Figment
import Files
import Foundation

struct DataShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Says what is in a data set, and draws some of it.",
    usage: "figment data show <source> [<options>]",
    discussion: """
      Of a folder of pictures, or of photographs: how many, of which sizes and classes, which look alike, which cannot be read. Every picture \
      is decoded for it. Of a folder of shapes: how many, of which classes, how full their voxels are, which cannot be read. \
      Of other data sets: how many, of which size and classes.
      """)

  @Argument(help: "A folder of pictures or shapes, a prepared file, or a data set by name.", completion: .datasets)
  var source: String

  @Option(
    help: .init("A PNG file to draw some of the images on: a row for each class, or a grid.", valueName: "file"),
    completion: .file(extensions: ["png"]))
  var output: String?

  private var width: Int { outputWidth ?? .max }
  @Option(help: "Of shapes, the voxels on a side. Default: 32; of a prepared file, its own.")
  var voxels: Int?

  @OptionGroup var shapes: ShapeArguments

  func validate() throws {
    if let voxels, !(4...512).contains(voxels) { throw ValidationError("--voxels is \(voxels); it must lie between 4 and 512.") }
  }

  func run() throws {
    let url = URL(fileURLWithPath: source)
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
    if source == DatasetLocator.photographs {
      try show(DatasetLocator().photographs(source) { printError($0) })
    } else if exists, isFolder.boolValue, !DatasetLocator.names.contains(source), try !DatasetLocator.isIDXFolder(url) {
      if try DatasetLocator.isVolumeFolder(url) { return try showShapes(in: url) }
      try show(PictureListing(url))
    } else {
      try showDataset(
        DatasetLocator().load(
          source, volumeShape: voxels.map { [$0, $0, $0, 1] }, volumes: VolumeSettings(fill: shapes.fill ?? .solid)))
    }
  }

  // MARK: Pictures in files

  private func show(_ listing: PictureListing) throws {
    let progress = ProgressLine("looked at", total: listing.files.count)
    let survey = PictureSurvey(listing) { progress.report($0) }
    StandardError.write("")
    let files = listing.files.indices.filter { survey.isReadable[$0] }.map { listing.files[$0] }
    let formats = Dictionary(grouping: files, by: \.format.rawValue).map { "\($1.count) \($0)" }.sorted()
    let bytes = Double(files.reduce(0) { $0 + $1.size })
    var lines = ["pictures: \(files.count) (\(formats.joined(separator: ", "))), \(Self.amount(bytes))"]
    lines.append(("sizes: " + Self.sizes(files.map { (width: $0.width, height: $0.height) })).wrapped(width: width))
    if let names = listing.classNames { lines.append(Self.classes(names, files.compactMap(\.label))) }
    for note in listing.notes { lines.append("note: \(note)".wrapped(width: width)) }
    lines.append("look alike: " + (survey.alike.isEmpty ? "none" : counted(survey.alike.count, "group")))
    for group in survey.alike.prefix(20) {
      let names = group.prefix(4).map { listing.files[$0].name }
      let more = group.count > 4 ? ["and \(group.count - 4) more"] : []
      lines.append(String.wrapped(["  "] + (names + more).map { $0 + "  " }, width: width, indent: 4))
    }
    if survey.alike.count > 20 { lines.append("  … and \(counted(survey.alike.count - 20, "more group"))") }
    lines.append("cannot be read: " + (survey.unreadable.isEmpty ? "none" : "\(survey.unreadable.count)"))
    for file in survey.unreadable { lines.append("  \(file.name): \(file.problem)".wrapped(width: width, indent: 4)) }
    try printOutput(lines.joined(separator: "\n"))
    guard output != nil, !files.isEmpty else { return }
    let pictures = try PictureFolder(listing, imageShape: [64, 64, 3], bound: 0) { _ in }
    let readable = listing.files.indices.filter { survey.isReadable[$0] }
    try draw(pictures, among: readable, classNames: listing.classNames) { listing.files[$0].label }
  }

  private static func amount(_ bytes: Double) -> String {
    let units = ["bytes", "KB", "MB", "GB", "TB"]
    let power = min(units.count - 1, max(0, Int(log(max(1, bytes)) / log(1000))))
    return String(format: power == 0 ? "%.0f " : "%.1f ", bytes / pow(1000, Double(power))) + units[power]
  }

  private static func sizes(_ sizes: [(width: Int, height: Int)]) -> String {
    let counts = Dictionary(sizes.map { ("\($0.width)×\($0.height)", 1) }, uniquingKeysWith: +)
    let most = counts.min { ($1.value, $0.key) < ($0.value, $1.key) }
    guard let most else { return "none" }
    if counts.count == 1 { return "all \(most.key)" }
    let widths = sizes.map(\.width), heights = sizes.map(\.height)
    func range(_ name: String, _ values: [Int]) -> String {
      let (least, most) = (values.min()!, values.max()!)
      return least == most ? "\(name) \(least)" : "\(name)s \(least) to \(most)"
    }
    return "\(range("width", widths)), \(range("height", heights)); most often \(most.key) (\(most.value))"
  }

  static func classes(_ names: [String], _ labels: [Int], width: Int = outputWidth ?? .max) -> String {
    let counts = Dictionary(labels.map { ($0, 1) }, uniquingKeysWith: +)
    let shown = names.enumerated().prefix(20).map { "\($1) \(counts[$0] ?? 0)" } + (names.count > 20 ? ["…"] : [])
    let terms = shown.dropLast().map { $0 + ", " } + shown.suffix(1).map { $0 + ")" }
    return String.wrapped(["classes: \(names.count) ("] + terms, width: width, indent: 2)
  }

  // MARK: Other data sets

  private func showDataset(_ split: DatasetSplit) throws {
    let data = split.training
    if let volume = data.field("volume") { return try showVolumes(split, side: volume.shape[0]) }
    guard let image = data.field("image"), image.shape.count == 3 else {
      throw UsageError("\(source) has no images that can be drawn")
    }
    let names = data.field("label")?.classNames
    let labels = try names == nil ? [] : (0..<data.count).compactMap(data.label)
    var lines = ["images: \(data.count)" + (split.validation.map { ", and \($0.count) for validation" } ?? "")]
    lines.append("sizes: all \(image.shape[1])×\(image.shape[0]), \(image.shape[2] == 1 ? "grey" : "\(image.shape[2]) channels")")
    if let names { lines.append(Self.classes(names, labels)) }
    try printOutput(lines.joined(separator: "\n"))
    guard output != nil else { return }
    try draw(data, among: Array(0..<data.count), classNames: names) { labels.isEmpty ? nil : labels[$0] }
  }

  // MARK: The contact sheet

  /// Of few classes a row each, of many or none a grid; pictures from all over the data set.
  private func draw(
    _ data: any Dataset, among indices: [Int], classNames: [String]?, label: (Int) -> Int?
  ) throws {
    let columns = 10, most = 20
    func spread(_ indices: [Int], _ count: Int) -> [Int] {
      let count = min(count, indices.count)
      return (0..<count).map { indices[$0 * indices.count / count] }
    }
    var names = [String](), chosen = [Int?]()
    if let classNames {
      let classes = Dictionary(grouping: indices) { label($0) ?? 0 }
      if classes.count <= most {
        for (number, members) in classes.sorted(by: { $0.key < $1.key }) {
          names.append(classNames[number])
          let row = spread(members, columns)
          chosen += row.map { $0 } + [Int?](repeating: nil, count: columns - row.count)
        }
      }
    }
    if chosen.isEmpty { chosen = spread(indices, columns * columns) }
    let shape = data.field("image")!.shape, white = [Float](repeating: 1, count: shape.reduce(1, *))
    let images = try chosen.flatMap { index -> [Float] in
      try index.map { try data.batch([$0], of: [Field("image", shape: shape, range: 0...1)]).arrays["image"]!.values } ?? white
    }
    let scale = Picture.gridScale(count: chosen.count, imageShape: shape, columns: columns)
    var sheet = Picture.grid(
      images, shape: Shape([chosen.count] + shape), columns: columns, scale: scale)
    if !names.isEmpty {
      sheet = sheet.withRowNames(names.enumerated().map { ($1, 2 + $0 * (shape[0] * scale + 2) + shape[0] * scale / 2) })
    }
    try sheet.write(to: URL(fileURLWithPath: output!))
    try printWritten(output!)
  }
}
