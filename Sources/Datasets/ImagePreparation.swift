import Backends
import Files
import Foundation
import Interchange
import Pictures

/// Makes one file of a folder of pictures (see ``PreparedImages``): on all processors, the same bytes however many they are. What
/// was done when it is killed lies beside the file, and is gone on with when it is asked for again with the same settings.
public struct ImagePreparation: Sendable {
  /// What was done.
  public struct Summary: Sendable {
    /// Images in the file.
    public let count: Int
    /// What was left out, and why.
    public let unreadable: [UnreadablePicture]
    /// Files that an earlier run had done.
    public let resumedAfter: Int
  }

  private struct Job: Codable, Equatable {
    var preparedImages = 1
    var source: String
    var shape: [Int]
    var settings: PictureSettings
    var finder: String?
  }

  /// The pictures.
  public let listing: PictureListing
  /// The file that is made.
  public let destination: URL
  /// `[height, width, channels]` of the images.
  public let shape: [Int]
  /// How pictures come to that size.
  public let settings: PictureSettings

  private let finder: PictureFinder?

  /// - Parameters:
  ///   - shape: Height, width and channels (1 or 3).
  ///   - finder: Of the part of each picture that is used; nil for all of it, or what the settings say.
  public init(
    _ listing: PictureListing, to destination: URL, shape: [Int], settings: PictureSettings = .init(), finder: PictureFinder? = nil
  ) throws {
    try PictureSettings.requirePicture(shape, listing.folder.path)
    (self.listing, self.destination, self.shape, self.settings, self.finder) = (listing, destination, shape, settings, finder)
  }

  /// Files that are decoded, then written down: few are done again after a kill.
  private static let blockCount = 128

  /// - Parameter progress: Called with the files done, now and then; what it throws ends the work, which can be gone on with.
  public func run(progress: (Int) throws -> Void = { _ in }) throws -> Summary {
    let job = Job(source: listing.fingerprint, shape: shape, settings: settings, finder: finder?.name)
    let log = try PreparationLog(beside: destination, job: job, recordSize: shape.reduce(1, *), fileCount: listing.files.count)
    while log.counts.count < listing.files.count {
      try progress(log.counts.count)
      let block = log.counts.count..<min(log.counts.count + Self.blockCount, listing.files.count)
      let results = parallelMap(block.count) { index in
        Result {
          let file = block.lowerBound + index
          return try finder?.pixels(of: listing.files[file].url, shape: shape, settings.resize)
            ?? listing.pixels(file, shape: shape, settings)
        }
      }
      var bytes = [UInt8](), counts = [Int](), failed = [UnreadablePicture]()
      for (index, result) in zip(block, results) {
        do {
          bytes += try result.get()
          counts.append(1)
        } catch {
          failed.append(UnreadablePicture(name: listing.files[index].name, problem: PictureListing.problem(error)))
          counts.append(0)
        }
      }
      try log.append(bytes, counts: counts, unreadable: failed)
    }
    try progress(log.counts.count)
    let unreadable = log.unreadable
    guard unreadable.count < listing.files.count else {
      throw DatasetError.noPictures(
        folder: listing.folder.path, files: listing.files.count, unreadable: listing.unreadable + unreadable)
    }
    try write(leavingOut: Set(unreadable.map(\.name)), log)
    try log.remove()
    return Summary(
      count: listing.files.count - unreadable.count, unreadable: listing.unreadable + unreadable, resumedAfter: log.resumedAfter)
  }

  private func write(leavingOut unreadable: Set<String>, _ log: PreparationLog<Job>) throws {
    let files = listing.files.filter { !unreadable.contains($0.name) }
    let byteCount = files.count * shape.reduce(1, *)
    var content = Fingerprint()
    try log.forEachBlock(ofFirst: byteCount) { block in block.withUnsafeBytes { content.add($0) } }
    let labels = files.compactMap { $0.label.map(Int64.init) }
    labels.withUnsafeBytes { content.add($0) }
    var writer = SafetensorsWriter()
    let description = PreparedImages.Description(
      settings: settings, classNames: labels.isEmpty ? nil : listing.classNames, content: content.text)
    writer.metadata["figment"] = try PreparationLog<Job>.line(description)
    if !labels.isEmpty { writer.add("labels", labels, shape: Shape([labels.count])) }
    writer.add("images", UInt8.self, shape: Shape([files.count] + shape)) { write in
      try log.forEachBlock(ofFirst: byteCount, write)
    }
    let names = files.reduce(into: [UInt8]()) { $0 += Array($1.name.utf8) + [0] }
    writer.add("names", names, shape: Shape([names.count]))
    try writer.write(to: destination)
  }
}
