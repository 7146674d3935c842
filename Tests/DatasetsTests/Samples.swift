import CZlib
import Foundation

@testable import Datasets

/// The bytes of an IDX file; what `contents` does not give counts up from 0.
func idx(_ dimensions: [Int], type: UInt8 = 8, contents: [UInt8]? = nil) -> [UInt8] {
  var bytes: [UInt8] = [0, 0, type, UInt8(dimensions.count)]
  for size in dimensions { withUnsafeBytes(of: UInt32(size).bigEndian) { bytes += $0 } }
  if let contents { return bytes + contents }
  let count = dimensions.reduce(1, *)
  return bytes + (0..<count).map { UInt8($0 % 251) }
}

func gzip(_ bytes: [UInt8]) -> [UInt8] {
  var stream = z_stream()
  precondition(
    deflateInit2_(
      &stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size)) == Z_OK)
  defer { deflateEnd(&stream) }
  var input = bytes
  var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
  let written = input.withUnsafeMutableBufferPointer { input in
    output.withUnsafeMutableBufferPointer { output in
      stream.next_in = input.baseAddress
      stream.avail_in = UInt32(input.count)
      stream.next_out = output.baseAddress
      stream.avail_out = UInt32(output.count)
      precondition(deflate(&stream, Z_FINISH) == Z_STREAM_END)
      return output.count - Int(stream.avail_out)
    }
  }
  return Array(output[..<written])
}

/// `count` images of 2×2×1 whose first pixel is their number and whose label is that number modulo 10.
func numbered(_ count: Int) -> ImageDataset {
  ImageDataset(
    pixels: (0..<count).flatMap { [UInt8($0 % 256), 0, 128, 255] }, imageShape: [2, 2, 1],
    labels: (0..<count).map { $0 % 10 })
}

/// The numbers of images made by `numbered`.
func numbers(_ images: [Float]) -> [Int] {
  stride(from: 0, to: images.count, by: 4).map { first in Int((images[first] * 255).rounded()) }
}

extension Dataset {
  /// The images `indices`, one after the other, as they lie in the data set.
  func images(at indices: some Collection<Int>) throws -> [Float] {
    try batch(indices, of: [field("image")!]).arrays["image"]!.values
  }

  func labels(at indices: some Collection<Int>) throws -> [Int] {
    try batch(indices, of: [field("label")!]).arrays["label"]!.values.map { Int($0) }
  }
}
