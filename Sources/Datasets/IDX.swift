import Backends
import Files
import Foundation

/// Images in the IDX format of MNIST, plain or gzipped: N×H×W (one channel) or N×H×W×C whole numbers from 0 to 255,
/// stored in any of the format's types.
public struct IDXImages: Sendable {
  /// The file, as errors name it.
  public let path: String
  /// The number of images.
  public let count: Int
  /// [height, width, channels].
  public let imageShape: Shape
  /// All pixels, an image after the other, 0 for black.
  public let pixels: [UInt8]

  /// Reads the whole file.
  ///
  /// - Throws: ``FileError`` if it cannot be read; ``DatasetError/damaged(path:byte:problem:)`` if it is no IDX file of
  ///   three or four dimensions, is cut short or too long, or holds anything but whole numbers from 0 to 255.
  public init(contentsOf url: URL) throws {
    let file = try IDXFile(url, what: "images", ranks: 3...4)
    path = url.path
    count = file.dimensions[0]
    imageShape = Shape([file.dimensions[1], file.dimensions[2], file.dimensions.count == 4 ? file.dimensions[3] : 1])
    pixels = file.bytes
  }
}

/// Labels in the IDX format of MNIST, plain or gzipped: whole numbers from 0 to 255, stored in any of its types.
public struct IDXLabels: Sendable {
  /// The file, as errors name it.
  public let path: String
  /// One for each image, in the order of the images.
  public let values: [UInt8]

  /// In bytes, of the file.
  let elementSize: Int

  /// The number of labels.
  public var count: Int { values.count }

  /// Reads the whole file.
  ///
  /// - Throws: ``FileError`` if it cannot be read; ``DatasetError/damaged(path:byte:problem:)`` if it is no IDX file of
  ///   one dimension, is cut short or too long, or holds anything but whole numbers from 0 to 255.
  public init(contentsOf url: URL) throws {
    path = url.path
    let file = try IDXFile(url, what: "labels", ranks: 1...1)
    (values, elementSize) = (file.bytes, file.elementSize)
  }
}
