import Files
import Foundation
import Pictures

/// The pictures of a folder (see ``PictureListing``) at one size: the fields `image`, in [0, 1], and `label` where there are
/// classes.
///
/// They are decoded when they are needed, ahead of the training loop, and kept in memory up to a bound. In place of a picture
/// that turns out to be damaged comes the next one that is not, with its own label.
public final class PictureFolder: Dataset {
  /// The pictures, and what is none.
  public let listing: PictureListing
  /// `[height, width, channels]`.
  public let imageShape: [Int]
  /// How pictures come to that size.
  public let settings: PictureSettings
  public let fields: [Field]
  public let fingerprint: String
  private let storedShape: [Int]
  private let cache: PictureCache
  private let leftOut: LeftOutPictures

  /// In bytes: a hundred thousand pictures of 64×64×3 take 1.2 GB.
  public static let usualBound = 1 << 30

  /// - Parameters:
  ///   - imageShape: Height, width and channels (1 or 3).
  ///   - bound: Of the memory for decoded pictures, in bytes.
  ///   - notice: Told of files that cannot be read and of what else a person should know, a line each.
  /// - Throws: If there is no picture in the folder, or none could be had at such a size.
  public convenience init(
    _ folder: URL, imageShape: [Int], settings: PictureSettings = .init(), bound: Int = usualBound,
    notice: @escaping @Sendable (String) -> Void = { StandardError.write($0 + "\n") }
  ) throws {
    try self.init(PictureListing(folder), imageShape: imageShape, settings: settings, bound: bound, notice: notice)
  }

  /// The pictures of a folder.
  ///
  /// - Parameters:
  ///   - imageShape: `[height, width, channels]`, with one channel or three.
  ///   - bound: How many bytes of decoded images are kept in memory.
  ///   - notice: Told, a line each, of pictures that cannot be decoded.
  /// - Throws: ``DatasetError`` if the shape is no picture's, or no picture can be read.
  public init(
    _ listing: PictureListing, imageShape: [Int], settings: PictureSettings = .init(), bound: Int = usualBound,
    notice: @escaping @Sendable (String) -> Void = { StandardError.write($0 + "\n") }
  ) throws {
    try PictureSettings.requirePicture(imageShape, listing.folder.path)
    (self.listing, self.imageShape, self.settings) = (listing, imageShape, settings)
    fields =
      [Field("image", shape: imageShape, range: 0...1)]
      + (listing.classNames.map { [Field("label", shape: [], classNames: $0)] } ?? [])
    let stored = settings.storedShape(for: imageShape)
    storedShape = stored
    var print = Fingerprint()
    print.add("\(listing.fingerprint) \(stored) \(settings.resize) \(settings.crop) \(settings.flip)")
    fingerprint = print.text
    cache = PictureCache(bound: bound) { try listing.pixels($0, shape: stored, settings) }
    leftOut = LeftOutPictures(of: listing, notice: notice)
  }

  public var count: Int { listing.files.count }

  /// Files that could not be read so far.
  public var unreadable: [UnreadablePicture] { leftOut.all }

  public func anticipate(_ indices: [Int]) { cache.anticipate(indices) }

  public func sample(_ index: Int, _ draw: inout RandomWords) throws -> [HostArray] {
    for place in 0..<count {
      let index = (index + place) % count
      do {
        let image = try settings.sample(cache.pixels(index), stored: storedShape, shape: imageShape, &draw)
        return listing.files[index].label.map { [image, HostArray([Float($0)], shape: [])] } ?? [image]
      } catch {
        leftOut.add(listing.files[index].name, error)
      }
    }
    throw DatasetError.noPictures(folder: listing.folder.path, files: count, unreadable: unreadable)
  }
}
