import Files
import Foundation
import Interchange
import Volumes

/// The volumes and meshes of a folder and of the folders in it, in the order of their paths, with their classes and parts.
///
/// Folders at the top are classes. In ModelNet's layout, `chair/30/train/*.mat` or `chair/train/*.off`, the folders `train` and
/// `test` are parts, and neither they nor numbers are classes. Other files, and names that begin with a dot, are passed over.
public struct VolumeListing: Sendable {
  /// A file with a shape, or several.
  public struct File: Sendable {
    /// From the folder on, with slashes.
    public let name: String
    /// Where it is.
    public let url: URL
    /// The number of its class; nil without classes.
    public internal(set) var label: Int?
    /// Whether it lies in a folder `test`.
    public let isForValidation: Bool
  }

  /// The folder at the top.
  public let folder: URL
  /// By their paths.
  public private(set) var files: [File]
  /// Nil without classes.
  public private(set) var classNames: [String]?
  /// Of `.mat` files.
  public let variable: String
  /// The axis that points up in the files; nil for what is usual in files of each kind.
  public let up: UpAxis?

  /// - Throws: If the folder cannot be read, or has neither volumes nor meshes.
  public init(_ folder: URL, variable: String = Volume.usualVariable, up: UpAxis? = nil) throws {
    (self.folder, self.variable, self.up) = (folder, variable, up)
    let names = try FolderContents(folder).names
    let known = names.filter { Self.isKnown(URL(fileURLWithPath: $0)) }
    guard !known.isEmpty else { throw DatasetError.noShapes(folder: folder.path, files: names.count, unreadable: []) }
    let parts = known.map { name in name.split(separator: "/").dropLast().map(String.init) }
    func isPart(_ name: String) -> Bool { name == "train" || name == "test" }
    let hasParts = parts.allSatisfy { $0.contains(where: isPart) }
    files = zip(known, parts).map { name, folders in
      File(name: name, url: folder.appending(path: name), label: nil, isForValidation: hasParts && folders.contains("test"))
    }
    let classes = parts.map { folders in folders.first { !(hasParts && (isPart($0) || Int($0) != nil)) } }
    if classes.allSatisfy({ $0 != nil }) {
      let names = Set(classes.map { $0! }).sorted()
      for index in files.indices { files[index].label = names.firstIndex(of: classes[index]!) }
      classNames = names
    }
  }

  static func isKnown(_ url: URL) -> Bool { VolumeFormat(url) != nil || MeshFormat(url) != nil }

  /// Whether a folder has files of these kinds, and more of them than pictures: models often bring textures.
  static func isVolumeFolder(_ folder: URL) throws -> Bool {
    let names = try FolderContents(folder).names.map { URL(fileURLWithPath: $0) }
    return names.contains { isKnown($0) }
      && names.count { isKnown($0) } >= names.count { ["png", "jpg", "jpeg"].contains($0.pathExtension) }
  }

  /// A file's volumes, in cubes of `side` voxels.
  func volumes(_ index: Int, side: Int, fill: VoxelFill) throws -> [Volume] {
    let url = files[index].url
    if MeshFormat(url) != nil { return [try Volume(Mesh(contentsOf: url, up: up), side: side, fill: fill)] }
    return try Volume.volumes(in: url, variable: variable, up: up).map { $0.fitted(to: side) }
  }

  /// Without the file's name, which stands beside it.
  static func problem(_ error: any Error) -> String {
    switch error {
    case let error as InterchangeError: "\(error.place): \(error.problem)"
    case let error as FileError: "cannot \(error.action.rawValue) it: \(error.reason)"
    default: "\(error)"
    }
  }

  /// Of names, sizes and labels and of what begins and ends the files.
  public var fingerprint: String {
    get throws {
      var print = Fingerprint()
      for file in files {
        let contents = try InputFile(file.url), some = min(contents.size, 4096)
        print.add("\(file.name)\0\(contents.size)\0\(file.label ?? -1)")
        try contents.read(count: some, at: 0).withUnsafeBytes { print.add($0) }
        try contents.read(count: some, at: contents.size - some).withUnsafeBytes { print.add($0) }
      }
      for name in classNames ?? [] { print.add(name) }
      return print.text
    }
  }
}

extension VolumeListing {
  /// What became of the files of a listing.
  struct Loaded {
    /// By the listing's places: the volumes of each file, none of one that cannot be read.
    var volumes: [[PackedVoxels]] = []
    var unreadable: [UnreadablePicture] = []
  }

  /// Reads files `range`, on all processors.
  func load(_ range: Range<Int>, side: Int, fill: VoxelFill) -> Loaded {
    Self.load(range) {
      try volumes($0, side: side, fill: fill).map(PackedVoxels.init)
    } name: {
      files[$0].name
    }
  }

  /// What becomes of each of a range, on all processors.
  static func load(
    _ range: Range<Int>, _ volumes: @Sendable (Int) throws -> [PackedVoxels], name: (Int) -> String
  ) -> Loaded {
    let results = parallelMap(range.count) { index in Result { try volumes(range.lowerBound + index) } }
    var loaded = Loaded()
    for (index, result) in zip(range, results) {
      do { loaded.volumes.append(try result.get()) } catch {
        loaded.volumes.append([])
        loaded.unreadable.append(UnreadablePicture(name: name(index), problem: problem(error)))
      }
    }
    return loaded
  }

  /// All volumes, in memory; those of folders `test` for validation.
  ///
  /// - Parameters:
  ///   - settings: How training samples are varied; those for validation are not.
  ///   - notice: Told, a line each, of files that cannot be read.
  ///   - progress: Called with the number of files that are done, now and then.
  ///   - unreadable: Called with every file that cannot be read.
  /// - Throws: If no file can be read.
  public func split(
    side: Int, settings: VolumeSettings, notice: (String) -> Void, progress: (Int) -> Void = { _ in },
    unreadable: (UnreadablePicture) -> Void = { _ in }
  ) throws -> DatasetSplit {
    var loaded = Loaded()
    let block = 64
    for start in stride(from: 0, to: files.count, by: block) {
      progress(start)
      let some = load(start..<min(start + block, files.count), side: side, fill: settings.fill)
      loaded.volumes += some.volumes
      loaded.unreadable += some.unreadable
    }
    guard loaded.volumes.contains(where: { !$0.isEmpty }) else {
      throw DatasetError.noShapes(folder: folder.path, files: files.count, unreadable: loaded.unreadable)
    }
    loaded.unreadable.forEach(unreadable)
    for file in loaded.unreadable.prefix(5) { notice("\(file.name) is left out: \(file.problem)") }
    if loaded.unreadable.count > 5 {
      notice("\(loaded.unreadable.count) of \(files.count) files cannot be read; 'figment data show \(folder.path)' names them all")
    }
    func part(_ isForValidation: Bool, _ settings: VolumeSettings) -> VolumeDataset? {
      let places = files.indices.filter { files[$0].isForValidation == isForValidation && !loaded.volumes[$0].isEmpty }
      guard !places.isEmpty else { return nil }
      let packed = places.flatMap { place in loaded.volumes[place].map { (place, $0) } }
      return VolumeDataset(
        packed: packed.map(\.1), names: packed.map { files[$0.0].name },
        labels: classNames == nil ? nil : packed.map { files[$0.0].label! }, classNames: classNames, side: side, settings: settings)
    }
    let validation = part(true, settings.withoutVariation)
    guard let training = part(false, settings) else {
      throw DatasetError.noShapes(folder: folder.path + "/…/train", files: 0, unreadable: [])
    }
    return DatasetSplit(training: training, validation: validation)
  }
}
