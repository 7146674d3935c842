import Files

/// A data set that is missing, damaged or does not fit together.
public enum DatasetError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A file's contents are wrong at byte `byte` of what it holds (decompressed, if it is compressed).
  case damaged(path: String, byte: Int, problem: String)
  case countsDiffer(images: Int, imagesPath: String, labels: Int, labelsPath: String)
  case imageSizesDiffer(training: [Int], validation: [Int], path: String)
  case unknownName(String, nearest: String?, known: [String])
  case notFound(name: String, searched: [String], remedy: String)
  case incomplete(folder: String, missing: String)
  case noImages(folder: String, expected: String)
  case severalDataSets(folder: String, found: [String])
  case impossibleSplit(fraction: Double, count: Int)

  public var description: String {
    switch self {
    case .damaged(let path, let byte, let problem): "\(path), byte \(byte): \(problem)"
    case .countsDiffer(let images, let imagesPath, let labels, let labelsPath):
      "\(imagesPath) holds \(images) images but \(labelsPath) \(labels) labels; take both from the same download"
    case .imageSizesDiffer(let training, let validation, let path):
      "\(path): its images are \(validation), those for training \(training); both must be of one size"
    case .unknownName(let name, let nearest, let known):
      "there is no data set and no folder \(name.quotedForMessage)"
        + (nearest.map { "; did you mean “\($0)”?" }
          ?? "; give one of \(known.joined(separator: ", ")) or a folder with IDX files")
    case .notFound(let name, let searched, let remedy):
      "the data set \(name) is not in \(searched.joined(separator: " or ")); \(remedy)"
    case .incomplete(let folder, let missing): "\(folder): \(missing) is missing; add it or remove the folder"
    case .noImages(let folder, let expected): "\(folder) holds no \(expected)"
    case .severalDataSets(let folder, let found):
      "\(folder) holds several data sets; give one of \(found.joined(separator: ", "))"
    case .impossibleSplit(let fraction, let count):
      "cannot set aside a share of \(fraction) of \(count) images: both parts must have at least one"
    }
  }
}
