import Files
import Foundation

/// A folder with the files of MNIST's distribution: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and
/// `t10k-…` likewise, each plain or with `.gz`, with `-` or `.` before `idx` (both are in circulation).
struct IDXFolder {
  let url: URL

  init(_ url: URL) { self.url = url }

  /// - Parameter isComplete: whether all four files must be there; otherwise the training images are enough.
  func load(classNames: [String]?, isComplete: Bool = false) throws -> DatasetSplit {
    guard let training = try part("train", classNames: classNames, isComplete: isComplete) else {
      if isComplete { throw DatasetError.incomplete(folder: url.path, missing: name("train", .images)) }
      throw DatasetError.noImages(folder: url.path, expected: "\(name("train", .images)), plain or with .gz")
    }
    let validation = try part("t10k", classNames: classNames, isComplete: isComplete)
    if isComplete, validation == nil {
      throw DatasetError.incomplete(folder: url.path, missing: name("t10k", .images))
    }
    if let validation, validation.imageShape != training.imageShape {
      throw DatasetError.imageSizesDiffer(
        training: training.imageShape.dimensions, validation: validation.imageShape.dimensions,
        path: file("t10k", .images)?.path ?? url.path)
    }
    return DatasetSplit(training: training, validation: validation)
  }

  private enum Content: String {
    case images = "images-idx3"
    case labels = "labels-idx1"
  }

  private func part(_ prefix: String, classNames: [String]?, isComplete: Bool) throws -> ImageDataset? {
    guard let images = file(prefix, .images) else { return nil }
    let labels = file(prefix, .labels)
    if isComplete, labels == nil {
      throw DatasetError.incomplete(folder: url.path, missing: name(prefix, .labels))
    }
    return try ImageDataset(
      IDXImages(contentsOf: images), labels: labels.map(IDXLabels.init(contentsOf:)),
      classNames: labels == nil ? nil : classNames)
  }

  private func name(_ prefix: String, _ content: Content) -> String { "\(prefix)-\(content.rawValue)-ubyte" }

  private func file(_ prefix: String, _ content: Content) -> URL? {
    let dashed = name(prefix, content)
    let dotted = dashed.replacingOccurrences(of: "-idx", with: ".idx")
    return [dashed, dashed + ".gz", dotted, dotted + ".gz"]
      .map { url.appendingPathComponent($0) }
      .first { FileManager.default.fileExists(atPath: $0.path) }
  }
}
