import Backends
import Files
import Foundation

/// Images in the IDX format of MNIST, plain or gzipped: N×H×W (one channel) or N×H×W×C whole numbers from 0 to 255,
/// stored in any of the format's types.
public struct IDXImages: Sendable {
  public let path: String
  public let count: Int
  /// [height, width, channels].
  public let imageShape: Shape
  /// All pixels, an image after the other, 0 for black.
  public let pixels: [UInt8]

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
  public let path: String
  public let values: [UInt8]

  public var count: Int { values.count }

  public init(contentsOf url: URL) throws {
    path = url.path
    values = try IDXFile(url, what: "labels", ranks: 1...1).bytes
  }
}
