import Backends
import Faces
import Pictures

/// Faces that the program draws (see ``FaceCollection``): the fields `image`, in [0, 1], and `label`, the group of age.
///
/// They are drawn when they are needed, ahead of the training loop, and kept in memory up to a bound.
public final class DrawnFaces: Dataset {
  /// Where they come from.
  public let faces: FaceCollection
  /// `[height, width, channels]`.
  public let imageShape: [Int]
  public let count: Int
  public let fields: [Field]
  public let fingerprint: String
  private let settings: PictureSettings
  private let storedShape: [Int]
  private let cache: PictureCache

  /// How many there are by default: to learn from, and to judge by.
  public static let usualCount = (training: 10_000, validation: 1_000)

  /// The first `count` faces of a collection.
  ///
  /// - Parameters:
  ///   - imageShape: `[height, width, channels]`, with one channel or three; as high as it is wide, or a part of that.
  ///   - settings: Whether they are cropped at random and mirrored.
  ///   - bound: Of the memory for drawn faces, in bytes.
  /// - Throws: ``DatasetError`` if the shape is no picture's, or of more pixels than faces are drawn with.
  public init(
    _ faces: FaceCollection, count: Int, imageShape: [Int] = [64, 64, 3], settings: PictureSettings = .init(),
    bound: Int = PictureFolder.usualBound
  ) throws {
    try PictureSettings.requirePicture(imageShape, "faces")
    let stored = settings.storedShape(for: imageShape)
    guard max(stored[0], stored[1]) <= Face.sizes.upperBound else {
      throw DatasetError.noPictureShape(imageShape, path: "faces")
    }
    (self.faces, self.count, self.imageShape, self.settings, storedShape) = (faces, count, imageShape, settings, stored)
    fields = [
      Field("image", shape: imageShape, range: 0...1), Field("label", shape: [], classNames: AgeGroup.allCases.map(\.name)),
    ]
    cache = PictureCache(bound: bound) { Self.pixels(faces[$0], shape: stored) }
    // Some are drawn for it, so that a program that draws otherwise has other data.
    var print = Fingerprint()
    print.add("faces \(faces.seed) \(faces.part) \(count) \(stored) \(settings.crop == .random) \(settings.flip)")
    for index in 0..<8 { Self.pixels(faces[index], shape: [32, 32, 3]).withUnsafeBytes { print.add($0) } }
    fingerprint = print.text
  }

  private static func pixels(_ face: Face, shape: [Int]) -> [UInt8] {
    let side = max(shape[0], shape[1])
    return face.drawn(size: max(side, Face.sizes.lowerBound))
      .resized(width: shape[1], height: shape[0], by: .bilinear, of: .center(of: (side, side), width: shape[1], height: shape[0]))
      .converted(toChannels: shape[2]).pixels
  }

  /// A face knows its age without being drawn.
  public func label(_ index: Int) -> Int? { faces[index].ageGroup.rawValue }

  public func anticipate(_ indices: [Int]) { cache.anticipate(indices) }

  public func sample(_ index: Int, _ draw: inout RandomWords) throws -> [HostArray] {
    precondition(index >= 0 && index < count, "face \(index) of \(count)")
    let image = try settings.sample(cache.pixels(index), stored: storedShape, shape: imageShape, &draw)
    return [image, HostArray([Float(faces[index].ageGroup.rawValue)], shape: [])]
  }
}
