import Backends
import Files
import Foundation
import Interchange
import Pictures

/// Pictures of one size in one file, made once by ``ImagePreparation``: the fields `image`, in [0, 1], and `label` where there are
/// classes. Each is read when it is needed, so that memory does not grow with their number.
///
/// The file is of the safetensors format: `images`, bytes `[N, height, width, channels]`; `labels`, 64-bit integers `[N]`, of those
/// with classes; `names`, the names of the files they were made of, in UTF-8, each with a zero byte behind it.
public struct PreparedImages: Dataset {
  /// What the file's metadata says under `figment`.
  struct Description: Codable {
    var preparedImages = 1
    var settings: PictureSettings
    var classNames: [String]?
    /// Of the pixels and labels.
    var content: String
  }

  /// The file, as errors name it.
  public let path: String
  /// As the pictures are stored: height, width, channels.
  public let storedShape: [Int]
  /// `[height, width, channels]`.
  public let imageShape: [Int]
  /// How the pictures came to that size.
  public let settings: PictureSettings
  public let count: Int
  public let fields: [Field]
  public let fingerprint: String
  private let file: SafetensorsFile
  private let labels: [Int64]?

  /// Whether a file begins as a prepared one does: with the length of a header, and its brace.
  static func isKnown(_ url: URL) -> Bool {
    guard let file = try? InputFile(url), let head = try? file.read(count: min(9, file.size), at: 0) else { return false }
    return head.count == 9 && head[8] == UInt8(ascii: "{")
  }

  /// - Parameters:
  ///   - imageShape: What samples are to be: as the pictures are stored, or less high and wide if they are cropped at random.
  ///   - crop: `random` for a crop at a random place; otherwise pictures are taken whole.
  ///   - flip: Whether every other sample, at random, is mirrored.
  public init(contentsOf url: URL, imageShape wanted: [Int]? = nil, crop: PictureCrop = .centre, flip: Bool = false) throws {
    let path = url.path
    func wrong(_ problem: String) -> DatasetError { .notPrepared(path: path, problem: problem) }
    file = try SafetensorsFile(contentsOf: url)
    guard let text = file.metadata["figment"], text.contains("\"preparedImages\"") else {
      throw wrong("it is no file of prepared images")
    }
    struct Version: Decodable { let preparedImages: Int }
    let json = try JSONText(Array(text.utf8), source: "\(path), metadata “figment”")
    let version = try json.decode(Version.self).preparedImages
    guard version == 1 else { throw wrong("it is of version \(version), and this program reads version 1") }
    let description = try json.decodeExactly(Description.self)
    guard let images = file.entries["images"], images.type == .uint8, images.shape.rank == 4, images.shape.count > 0 else {
      throw wrong("its images are no bytes [N, height, width, channels]")
    }
    let stored = Array(images.shape.dimensions.dropFirst())
    (self.path, storedShape, count) = (path, stored, images.shape[0])
    settings = PictureSettings(resize: description.settings.resize, crop: crop, flip: flip)
    try PictureSettings.requirePicture(stored, path)
    imageShape = wanted ?? stored
    try PictureSettings.requirePicture(imageShape, path)
    let isCropped = crop == .random && imageShape[0] <= stored[0] && imageShape[1] <= stored[1] && imageShape[2] == stored[2]
    guard imageShape == stored || isCropped else {
      throw DatasetError.otherPreparedSize(path: path, found: stored, wanted: imageShape)
    }
    if let entry = file.entries["labels"] {
      guard entry.type == .int64, entry.shape == Shape([count]), let names = description.classNames else {
        throw wrong("its labels are no 64-bit integers, one for each of \(count) images, with names of classes")
      }
      let values: [Int64] = try file.values("labels")
      if let index = values.firstIndex(where: { $0 < 0 || $0 >= names.count }) {
        throw wrong("label \(values[index]) of image \(index) is none of the \(names.count) classes")
      }
      labels = values
      fields = [Field("image", shape: imageShape, range: 0...1), Field("label", shape: [], classNames: names)]
    } else {
      labels = nil
      fields = [Field("image", shape: imageShape, range: 0...1)]
    }
    var print = Fingerprint()
    print.add("\(description.content) \(count) \(stored) \(imageShape) \(crop == .random) \(flip)")
    fingerprint = print.text
  }

  /// The names of the files that the images were made of.
  public func names() throws -> [String] {
    guard file.entries["names"] != nil else { return [] }
    let bytes: [UInt8] = try file.values("names")
    let names = bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast().map { String(decoding: $0, as: UTF8.self) }
    guard names.count == count else {
      throw DatasetError.notPrepared(path: path, problem: "it has \(names.count) names for \(count) images")
    }
    return names
  }

  /// Nil without classes.
  public var classNames: [String]? { fields.count > 1 ? fields[1].classNames : nil }
  /// The class of image `index`; nil without classes.
  public func label(_ index: Int) -> Int? { labels.map { Int($0[index]) } }

  /// A picture as it is stored.
  public func picture(_ index: Int) throws -> Picture {
    Picture(width: storedShape[1], height: storedShape[0], channels: storedShape[2], pixels: try pixels(index))
  }

  private func pixels(_ index: Int) throws -> [UInt8] {
    let size = storedShape.reduce(1, *)
    return try file.values("images", elements: index * size..<(index + 1) * size)
  }

  public func sample(_ index: Int, _ draw: inout RandomWords) throws -> [HostArray] {
    let image = try settings.sample(pixels(index), stored: storedShape, shape: imageShape, &draw)
    return labels.map { [image, HostArray([Float($0[index])], shape: [])] } ?? [image]
  }
}
