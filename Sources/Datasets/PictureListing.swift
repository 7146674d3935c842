import Faces
import Files
import Foundation
import Pictures

/// A file that was meant to be a picture and is none that can be read.
public struct UnreadablePicture: Codable, Hashable, Sendable {
  /// From the folder on.
  public let name: String
  /// Why it cannot be read.
  public let problem: String
}

/// The pictures of a folder and of the folders in it, in the order of their paths, with their classes.
///
/// A class is the folder that a picture lies in, directly below the top; or, where there is a `labels.csv` at the top, what
/// stands behind the picture's name there. Where that is the person's age, or a `wiki.mat` or `imdb.mat` says it, the classes are
/// the groups of ages (``AgeGroup``). Names that begin with a dot are passed over, and so are files that are no pictures.
public struct PictureListing: Sendable {
  /// A picture, as its header says.
  public struct File: Sendable {
    /// From the folder on, with slashes.
    public let name: String
    /// Where it is.
    public let url: URL
    /// In bytes.
    public let size: Int
    /// By its contents.
    public let format: EncodedPicture.Format
    /// In pixels, as it is shown.
    public internal(set) var width: Int
    /// In pixels, as it is shown.
    public internal(set) var height: Int
    /// Whether it says what its colors mean, which is not heeded.
    public let hasColorProfile: Bool
    /// The number of its class; nil without classes.
    public internal(set) var label: Int?
    let digest: String
    /// The same for the same picture under the same name.
    var identity: String { "\(name)\0\(size)\0\(label ?? -1)\0\(digest)" }
  }

  /// The folder at the top.
  public let folder: URL
  /// The pictures, by their paths.
  public private(set) var files: [File]
  /// What was meant to be a picture and is none.
  public private(set) var unreadable: [UnreadablePicture]
  /// Nil without classes.
  public private(set) var classNames: [String]?
  /// For people: what was passed over and might have been meant.
  public private(set) var notes: [String] = []

  static let labelsName = "labels.csv"

  /// - Throws: If the folder cannot be read, or has no picture, or the labels do not fit.
  public init(_ folder: URL) throws {
    if let table = AgedPhotographs.tables.map({ folder.appending(path: $0) }).first(where: {
      FileManager.default.fileExists(atPath: $0.path)
    }) {
      try self.init(folder, AgedPhotographs(table: table), of: table)
      return
    }
    let names = try FolderContents(folder).names, url = folder.appending(path: Self.labelsName)
    let labels = names.contains(Self.labelsName) ? try PictureLabels(contentsOf: url) : nil
    if let labels, labels.areAges {
      try self.init(folder, AgedPhotographs(labels, names: names), of: url)
    } else {
      try self.init(folder, names: names)
      try setClasses(by: labels)
    }
  }

  /// - Parameter table: What says the ages.
  private init(_ folder: URL, _ photographs: AgedPhotographs, of table: URL) throws {
    guard !photographs.groups.isEmpty else { throw DatasetError.noAgedPhotographs(path: table.path, problem: photographs.note) }
    try self.init(folder, names: photographs.groups.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    for index in files.indices { files[index].label = photographs.groups[files[index].name]?.rawValue }
    classNames = AgeGroup.allCases.map(\.name)
    if let note = photographs.note { notes.append(note) }
  }

  /// All pictures of a folder and of those in it, without classes.
  package init(everyPictureIn folder: URL) throws { try self.init(folder, names: FolderContents(folder).names) }

  /// Some files of a folder, without classes.
  ///
  /// - Parameter names: From the folder on, in order.
  init(_ folder: URL, names: [String]) throws {
    self.folder = folder
    let found = parallelMap(names.count) { index in
      Result { try Self.file(names[index], in: folder) }
    }
    (files, unreadable) = ([], [])
    for (name, result) in zip(names, found) {
      do {
        if let file = try result.get() { files.append(file) }
      } catch {
        unreadable.append(UnreadablePicture(name: name, problem: Self.problem(error)))
      }
    }
    guard !files.isEmpty else {
      throw DatasetError.noPictures(folder: folder.path, files: names.count, unreadable: unreadable)
    }
    let profiles = files.count { $0.hasColorProfile }
    if profiles > 0 {
      notes.append(
        "\(profiles) picture\(profiles == 1 ? " has a color profile, which is" : "s have color profiles, which are") not applied")
    }
  }

  /// The same pictures, those with a longer side reduced to this one: as crops are taken from them.
  func reduced(toLongestSide longest: Int) -> PictureListing {
    var listing = self
    for (index, file) in files.enumerated() where max(file.width, file.height) > longest {
      let scale = Double(longest) / Double(max(file.width, file.height))
      listing.files[index].width = max(1, Int((scale * Double(file.width)).rounded()))
      listing.files[index].height = max(1, Int((scale * Double(file.height)).rounded()))
    }
    return listing
  }

  /// - Parameter labels: Of the pictures; by their folders if nil.
  private mutating func setClasses(by labels: PictureLabels?) throws {
    if let labels {
      try setClasses(labels.classes(of: files.map(\.name)))
      let missing = labels.count - files.count - unreadable.count { labels.contains($0.name) }
      if missing > 0 {
        notes.append(
          "\(missing) line\(missing == 1 ? "" : "s") of \(Self.labelsName) name\(missing == 1 ? "s a file" : " files") not there")
      }
    } else {
      let tops = files.map { $0.name.split(separator: "/").dropLast().first.map(String.init) }
      let beside = tops.count { $0 == nil }
      if beside == 0 {
        setClasses(tops.map { $0! })
      } else if beside < tops.count {
        notes.append(
          "\(beside) picture\(beside == 1 ? " lies" : "s lie") beside the folders, so folders are not taken for classes")
      }
    }
  }

  private mutating func setClasses(_ classes: [String]) {
    // Numbers by their size, other names by their letters.
    let names = Set(classes).sorted {
      if let first = Int($0), let second = Int($1) { return first < second }
      return $0.utf8.lexicographicallyPrecedes($1.utf8)
    }
    let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    for index in files.indices { files[index].label = numbers[classes[index]] }
    classNames = names
  }

  /// How much of a file is looked at: EXIF data and the like come first.
  private static let headCount = 1 << 14

  /// Nil for a file that is no picture and does not claim to be one.
  private static func file(_ name: String, in folder: URL) throws -> File? {
    let url = folder.appending(path: name), file = try InputFile(url)
    let head = try file.read(count: min(file.size, headCount), at: 0)
    let isKnown = EncodedPicture.isKnown(head)
    guard isKnown || pictureEndings.contains(url.pathExtension.lowercased()) else { return nil }
    // What is not known is told what it is by its start; of others the size may come later.
    let encoded: EncodedPicture
    if let short = try? EncodedPicture(head, path: name) {
      encoded = short
    } else {
      encoded = try EncodedPicture(isKnown ? InputFile.contents(of: url, largest: EncodedPicture.largestFile) : head, path: name)
    }
    let tail = try file.read(count: min(file.size, 4096), at: file.size - min(file.size, 4096))
    // A file without its end may have been cut short, or have something behind it: then only decoding tells.
    if !EncodedPicture.endsAsItShould(tail, encoded.format) { _ = try EncodedPicture(contentsOf: url).decoded() }
    var print = Fingerprint()
    head.withUnsafeBytes { print.add($0) }
    tail.withUnsafeBytes { print.add($0) }
    return File(
      name: name, url: url, size: file.size, format: encoded.format, width: encoded.width, height: encoded.height,
      hasColorProfile: encoded.hasColorProfile, label: nil, digest: print.text)
  }

  private static let pictureEndings: Set = [
    "png", "jpg", "jpeg", "jpe", "gif", "webp", "bmp", "tif", "tiff", "heic", "heif", "avif",
  ]

  /// Without the file's name, which stands beside it.
  static func problem(_ error: any Error) -> String {
    switch error {
    case let error as PictureError: error.problem
    case let error as FileError: "cannot \(error.action.rawValue) it: \(error.reason)"
    default: "\(error)"
    }
  }

  /// Of names, sizes, labels and of what begins and ends the files; not of when they were made.
  public var fingerprint: String {
    var print = Fingerprint()
    for file in files { print.add(file.identity) }
    for name in classNames ?? [] { print.add(name) }
    return print.text
  }

  /// A file's picture at a size, `[height, width, channels]`.
  func pixels(_ index: Int, shape: [Int], _ settings: PictureSettings) throws -> [UInt8] {
    try EncodedPicture(contentsOf: files[index].url).shaped(
      to: (shape[0], shape[1], shape[2]), by: settings.resize, crop: settings.crop
    ).pixels
  }
}

/// The names of the files in a folder and below it, in order.
struct FolderContents {
  private(set) var names: [String] = []
  /// Folders on the way, so that links back up are not followed forever.
  private var seen: Set<String> = []

  init(_ folder: URL) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder) else {
      throw FileError(.open, folder.path, reason: "there is no such folder")
    }
    guard isFolder.boolValue else { throw FileError(.open, folder.path, reason: "it is a file; give a folder of pictures") }
    try add(folder, prefix: "")
    names.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Of files and folders.
  static func names(directlyIn folder: URL) throws -> [String] {
    do { return try FileManager.default.contentsOfDirectory(atPath: folder.path) } catch {
      throw FileError(.read, folder.path, reason: "its contents cannot be listed; check its permissions")
    }
  }

  private mutating func add(_ folder: URL, prefix: String) throws {
    guard seen.insert(folder.resolvingSymlinksInPath().path).inserted else { return }
    for name in try Self.names(directlyIn: folder) where !name.hasPrefix(".") {
      var isFolder: ObjCBool = false
      let url = folder.appending(path: name)
      // A link that leads nowhere is told as a file that cannot be opened.
      if FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue {
        try add(url, prefix: prefix + name + "/")
      } else {
        names.append(prefix + name)
      }
    }
  }
}
