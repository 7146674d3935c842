import Files

/// A data set that is missing, damaged or does not fit together.
public enum DatasetError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A file's contents are wrong at byte `byte` of what it holds (decompressed, if it is compressed).
  case damaged(path: String, byte: Int, problem: String)
  /// There are not as many labels as images.
  case countsDiffer(images: Int, imagesPath: String, labels: Int, labelsPath: String)
  /// The images for validation have another `[height, width, channels]` than those for training.
  case imageSizesDiffer(training: [Int], validation: [Int], path: String)
  /// Neither a known data set nor a folder; `nearest` is the known name that is spelled most alike, if any is.
  case unknownName(String, nearest: String?, known: [String])
  /// A known data set that is in none of the folders `searched`; `remedy` says how to get it.
  case notFound(name: String, searched: [String], remedy: String)
  /// The folder of a known data set lacks the file `missing`.
  case incomplete(folder: String, missing: String)
  /// The folder has no file with training images; `expected` is how it could be called.
  case noImages(folder: String, expected: String)
  /// The folder has several folders with data sets, `found`, and no data set of its own.
  case severalDataSets(folder: String, found: [String])
  /// A folder without a picture that can be read.
  case noPictures(folder: String, files: Int, unreadable: [UnreadablePicture])
  /// A model wants images of a shape that no picture has.
  case noPictureShape([Int], path: String)
  /// A line of a table of labels cannot be read.
  case badLine(path: String, line: Int, problem: String)
  /// A picture has no line in the table of labels at `path`.
  case noLabel(file: String, path: String)
  /// A picture whose age in the table at `path` is no number.
  case badAge(String, file: String, path: String)
  /// A table of photographs and ages of which none can be used.
  case noAgedPhotographs(path: String, problem: String?)
  /// The file is none that `figment data prepare` made, or is damaged.
  case notPrepared(path: String, problem: String)
  /// The prepared images have another `[height, width, channels]` than the model takes.
  case otherPreparedSize(path: String, found: [Int], wanted: [Int])
  /// A model takes volumes of a shape that is no cube of voxels with one channel.
  case noVolumeShape([Int], source: String)
  /// A folder without a volume or mesh that can be read.
  case noShapes(folder: String, files: Int, unreadable: [UnreadablePicture])
  /// The prepared volumes have another number of voxels on a side than the model takes.
  case otherPreparedSide(path: String, found: Int, wanted: Int)
  /// None of the kinds and categories of furniture; `nearest` is the one that is spelled most alike, if any is.
  case unknownFurniture(String, nearest: String?, known: [String])
  /// So few shapes that none can be held out for validation.
  case oneShape(String, count: Int)
  /// A data set or file of another kind than photographs, of which crops are to be taken.
  case noPhotographs(String)
  /// Of `usable` pictures large enough for crops of `shape`, `[height, width]`, none can be held out for validation.
  case tooFewPhotographs(folder: String, usable: Int, tooSmall: [String], shape: [Int])
  /// A share of `fraction` of `count` samples leaves nothing to one of the parts.
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
          ?? "; give one of \(known.joined(separator: ", ")) or a folder of pictures, shapes or IDX files")
    case .notFound(let name, let searched, let remedy):
      "the data set \(name) is not in \(searched.joined(separator: " or ")); \(remedy)"
    case .incomplete(let folder, let missing): "\(folder): \(missing) is missing; add it or remove the folder"
    case .noImages(let folder, let expected): "\(folder) holds no \(expected)"
    case .severalDataSets(let folder, let found):
      "\(folder) holds several data sets; give one of \(found.joined(separator: ", "))"
    case .noPictures(let folder, let files, let unreadable):
      if let first = unreadable.first {
        "\(folder) holds no picture that can be read; \(unreadable.count) cannot be, \(first.name.quotedForMessage) because \(first.problem)"
      } else {
        "\(folder) holds \(files == 0 ? "no files" : "\(files) file\(files == 1 ? "" : "s"), none of which is a PNG or JPEG picture"); "
          + "give a folder of pictures, or one with IDX files (train-images-idx3-ubyte)"
      }
    case .noPictureShape(let shape, let path):
      "\(path) has pictures, which cannot be made \(shape): that is not [height, width, channels] with 1 or 3 channels"
    case .badLine(let path, let line, let problem): "\(path), line \(line): \(problem)"
    case .noLabel(let file, let path):
      "\(path) has no line for \(file.quotedForMessage); add one, or take the picture away"
    case .badAge(let label, let file, let path):
      "\(path) has \(label.quotedForMessage) as the age of \(file.quotedForMessage); ages are numbers of years"
    case .noAgedPhotographs(let path, let problem):
      "\(path) names no photograph of a face that can be used: \(problem ?? "there are none")"
    case .notPrepared(let path, let problem): "\(path): \(problem); make it again with 'figment data prepare'"
    case .otherPreparedSize(let path, let found, let wanted):
      "\(path) has images \(found), and the model takes \(wanted); "
        + (found[2] == wanted[2]
          ? "train with --size \(found[0])x\(found[1])x\(found[2]), or prepare them with --size \(wanted[0])x\(wanted[1])"
          : "prepare them \(wanted[2] == 1 ? "with" : "without") --grey")
    case .noVolumeShape(let shape, let source):
      "\(source) has shapes, which cannot be made \(shape): that is not [side, side, side, 1] with 4 to 512 voxels on a side"
    case .noShapes(let folder, let files, let unreadable):
      if let first = unreadable.first {
        "\(folder) holds no shape that can be read; \(unreadable.count) cannot be, \(first.name.quotedForMessage) because \(first.problem)"
      } else {
        "\(folder) holds \(files == 0 ? "no files" : "\(files) file\(files == 1 ? "" : "s"), none of which is a volume or mesh"); "
          + "give a folder with volumes (.mat, .npy, .binvox) or meshes (.obj, .off, .stl, .ply), with folders for classes"
      }
    case .otherPreparedSide(let path, let found, let wanted):
      "\(path) has volumes of \(found) voxels on a side, and the model takes \(wanted); prepare them again with --voxels \(wanted), or "
        + "choose a preset of that size"
    case .unknownFurniture(let name, let nearest, let known):
      "there is no furniture \(name.quotedForMessage)"
        + (nearest.map { "; did you mean “\($0)”?" } ?? "; there are \(known.joined(separator: ", ")); several are joined by commas")
    case .oneShape(let name, let count):
      "\(name) has \(count == 0 ? "no shapes" : "only one shape, of which none can be held out for validation"); "
        + "add another category, as in furniture:chairs,stools"
    case .noPhotographs(let name):
      "\(name.quotedForMessage) has no photographs to take crops from; give a folder of pictures, or photographs"
    case .tooFewPhotographs(let folder, let usable, let tooSmall, let shape):
      "\(folder) holds \(usable == 0 ? "no picture" : "one picture only") of at least \(shape[1])×\(shape[0]) pixels, the size of a "
        + "crop; at least two are needed, one to learn from and one held out for validation"
        + (tooSmall.first.map { "; \(tooSmall.count) smaller, such as \($0.quotedForMessage): a smaller --size takes them" } ?? "")
    case .impossibleSplit(let fraction, let count):
      "cannot set aside a share of \(fraction) of \(count) samples: both parts must have at least one"
    }
  }
}
