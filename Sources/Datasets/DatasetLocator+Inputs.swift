import Files
import Foundation
import Pictures

extension DatasetLocator {
  /// Loads what a model takes, with samples for validation, which it never learns from: crops of photographs for inputs
  /// `small` and `large`, else images as ``load(_:imageShape:pictures:volumeShape:volumes:notice:)`` finds them.
  ///
  /// - Parameters:
  ///   - inputs: The model's.
  ///   - fraction: The share held out for validation, where the data set has no part for that: of samples, or of whole
  ///     pictures that crops are taken from.
  ///   - seed: Of which samples are held out.
  ///   - settings: How pictures come to the size of the inputs.
  ///   - notice: Told, a line each, of pictures that cannot be read and the like.
  /// - Throws: As ``load(_:imageShape:pictures:volumeShape:volumes:notice:)`` does; ``DatasetError`` also if a part would be empty.
  public func load(
    _ nameOrFolder: String, for inputs: [Field], validationFraction fraction: Double, seed: UInt64,
    pictures settings: PictureSettings = .init(),
    notice: @escaping @Sendable (String) -> Void = { StandardError.write($0 + "\n") }
  ) throws -> DatasetSplit {
    if let shape = CropShape(inputs) {
      var listing = try photographs(nameOrFolder, notice: notice)
      if nameOrFolder == Self.photographs { listing = listing.reduced(toLongestSide: Wallpapers.longestSide) }
      return try PhotographCrops.split(
        listing, shape: shape, by: settings.resize, flips: settings.flip,
        validationFraction: fraction, notice: notice)
    }
    func shape(_ field: String) -> [Int]? { inputs.first { $0.name == field }?.shape }
    let split = try load(
      nameOrFolder, imageShape: shape("image"), pictures: settings, volumeShape: shape("volume"), notice: notice)
    if split.validation != nil { return split }
    let parts = try split.training.split(validationFraction: fraction, seed: seed)
    return DatasetSplit(training: parts.training, validation: parts.validation)
  }

  /// Pictures as they are, of a folder or of the data set `photographs`.
  ///
  /// - Throws: ``DatasetError/noPhotographs(_:)`` if a data set or file is of another kind.
  package func photographs(_ nameOrFolder: String, notice: (String) -> Void) throws -> PictureListing {
    if let known = KnownDataset.all.first(where: { $0.name == nameOrFolder }) {
      guard known.kind == .photographs else { throw DatasetError.noPhotographs(nameOrFolder) }
      return try wallpapers(known, notice: notice)
    }
    let folder = URL(fileURLWithPath: nameOrFolder, isDirectory: true)
    guard try isFolder(nameOrFolder), try !Self.isIDXFolder(folder) else { throw DatasetError.noPhotographs(nameOrFolder) }
    return try PictureListing(folder)
  }

  /// What the user put into a folder of that name, or the system's.
  func wallpapers(_ known: KnownDataset, notice: (String) -> Void) throws -> PictureListing {
    let candidates = folders(for: known)
    for folder in candidates.dropLast() where FileManager.default.fileExists(atPath: folder.path) {
      return try PictureListing(folder)
    }
    if let listing = try Wallpapers.listing(in: candidates.last!, notice: notice) { return listing }
    throw DatasetError.notFound(name: known.name, searched: candidates.map(\.path), remedy: known.remedy)
  }
}
