import Files
import Foundation

/// A folder with the files of MNIST's distribution: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and
/// `t10k-…` likewise, each plain or with `.gz`, in the spellings that are in circulation; or a folder above, in which
/// torchvision put them.
struct IDXFolder {
  let url: URL
  private let names: [String]

  /// - Throws: If the folder cannot be read, or has several data sets in it.
  init(_ url: URL) throws {
    let candidates = [url] + IDXFolder.folders.map { url.appendingPathComponent($0, isDirectory: true) }
    let found = try candidates.map { ($0, try IDXFolder.names(in: $0)) }
      .filter { folder in Part.all.contains { $0.name(among: folder.1) != nil } }
    if found.count > 1, found[0].0 != url {
      throw DatasetError.severalDataSets(folder: url.path, found: found.map(\.0.path))
    }
    (self.url, names) = try found.first ?? (url, IDXFolder.names(in: url))
  }

  /// Whether one of the files is there.
  var isUsed: Bool { Part.all.contains { $0.name(among: names) != nil } }

  /// - Parameter isComplete: whether all four files must be there; otherwise the training images are enough.
  func load(classNames: [String]?, isComplete: Bool = false) throws -> DatasetSplit {
    guard let training = try split("train", classNames: classNames, isComplete: isComplete) else {
      let expected = Part("train", .images).usualName
      if isComplete { throw DatasetError.incomplete(folder: url.path, missing: expected) }
      throw DatasetError.noImages(folder: url.path, expected: "\(expected), plain or with .gz")
    }
    let validation = try split("t10k", classNames: classNames, isComplete: isComplete)
    if isComplete, validation == nil {
      throw DatasetError.incomplete(folder: url.path, missing: Part("t10k", .images).usualName)
    }
    if let validation, validation.imageShape != training.imageShape {
      throw DatasetError.imageSizesDiffer(
        training: training.imageShape.dimensions, validation: validation.imageShape.dimensions,
        path: file(Part("t10k", .images))?.path ?? url.path)
    }
    return DatasetSplit(training: training, validation: validation)
  }

  private func split(_ prefix: String, classNames: [String]?, isComplete: Bool) throws -> ImageDataset? {
    guard let images = file(Part(prefix, .images)) else { return nil }
    let labels = file(Part(prefix, .labels))
    if isComplete, labels == nil {
      throw DatasetError.incomplete(folder: url.path, missing: Part(prefix, .labels).usualName)
    }
    return try ImageDataset(
      IDXImages(contentsOf: images), labels: labels.map(IDXLabels.init(contentsOf:)),
      classNames: labels == nil ? nil : classNames)
  }

  private func file(_ part: Part) -> URL? { part.name(among: names).map { url.appendingPathComponent($0) } }

  /// Where torchvision puts files below the folder it is given.
  private static let folders = ["raw", "MNIST/raw", "FashionMNIST/raw", "KMNIST/raw"]

  private static func names(in folder: URL) throws -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder), isFolder.boolValue else { return [] }
    return try FolderContents.names(directlyIn: folder).sorted()
  }
}

extension IDXFolder {
  /// One of the four files.
  struct Part {
    enum Content: String {
      case images, labels
    }

    static let all = ["train", "t10k"].flatMap { [Part($0, .images), Part($0, .labels)] }

    private let prefix: String
    private let content: Content

    init(_ prefix: String, _ content: Content) { (self.prefix, self.content) = (prefix, content) }

    var usualName: String { "\(prefix)-\(content.rawValue)-idx\(content == .images ? 3 : 1)-ubyte" }

    /// The file among `names` that is this part: a plain one before a compressed one, the usual spelling before others.
    func name(among names: [String]) -> String? {
      names.filter(matches).min {
        (isCompressed($0) ? 1 : 0, $0.hasPrefix(usualName) ? 0 : 1, $0)
          < (isCompressed($1) ? 1 : 0, $1.hasPrefix(usualName) ? 0 : 1, $1)
      }
    }

    private func isCompressed(_ name: String) -> Bool { name.lowercased().hasSuffix(".gz") }

    /// `train-images-idx3-ubyte`, `train-images.idx3-ubyte`, `TRAIN_IMAGES.IDX`, `test-images.idx3-ubyte.gz` and so on.
    private func matches(_ name: String) -> Bool {
      var words = name.lowercased().split { "-_.".contains($0) }.map(String.init)
      if words.last == "gz" { words.removeLast() }
      let prefixes = prefix == "t10k" ? ["t10k", "test"] : [prefix]
      guard words.count >= 3, prefixes.contains(words[0]), words[1] == content.rawValue else { return false }
      let ranks = content == .images ? ["idx3", "idx4"] : ["idx1"]
      let endings = [["idx"], ["ubyte"]] + ranks.flatMap { [[$0], [$0, "ubyte"], [$0, "ubyte", "idx"]] }
      return endings.contains(Array(words[2...]))
    }
  }
}
