import Backends
import Pictures

/// How pictures of any size become samples of one.
public struct PictureSettings: Codable, Hashable, Sendable {
  /// The filter.
  public var resize: ResizeFilter
  /// Which part is used of pictures of other proportions.
  public var crop: PictureCrop
  /// Whether every other sample, at random, is mirrored.
  public var flip: Bool

  /// By default bilinear, the middle, and not mirrored.
  public init(resize: ResizeFilter = .bilinear, crop: PictureCrop = .centre, flip: Bool = false) {
    (self.resize, self.crop, self.flip) = (resize, crop, flip)
  }

  /// The size that pictures are kept at, for samples `[height, width, channels]` of `shape`.
  func storedShape(for shape: [Int]) -> [Int] {
    crop == .random ? [shape[0] + (shape[0] + 7) / 8, shape[1] + (shape[1] + 7) / 8, shape[2]] : shape
  }

  /// A sample of `shape` in [0, 1] out of a picture kept at the size `stored`.
  func sample(_ pixels: [UInt8], stored: [Int], shape: [Int], _ draw: inout RandomWords) -> HostArray {
    let (height, width, channels) = (shape[0], shape[1], shape[2])
    let top = stored[0] == height ? 0 : draw.next(below: stored[0] - height + 1)
    let left = stored[1] == width ? 0 : draw.next(below: stored[1] - width + 1)
    let isMirrored = flip && draw.next() & 1 == 1
    let values = [Float](unsafeUninitializedCapacity: height * width * channels) { output, count in
      pixels.withUnsafeBufferPointer { input in
        for y in 0..<height {
          let source = ((top + y) * stored[1] + left) * channels, target = y * width * channels
          if isMirrored {
            for x in 0..<width {
              for channel in 0..<channels {
                output[target + x * channels + channel] = Float(input[source + (width - 1 - x) * channels + channel]) / 255
              }
            }
          } else {
            for place in 0..<width * channels { output[target + place] = Float(input[source + place]) / 255 }
          }
        }
      }
      count = height * width * channels
    }
    return HostArray(values, shape: shape)
  }

  /// - Throws: If samples of `shape` are no pictures: height, width and 1 or 3 channels.
  static func requirePicture(_ shape: [Int], _ path: String) throws {
    guard shape.count == 3, shape.allSatisfy({ $0 > 0 }), shape[2] == 1 || shape[2] == 3, shape[0] * shape[1] <= 1 << 24 else {
      throw DatasetError.noPictureShape(shape, path: path)
    }
  }
}
