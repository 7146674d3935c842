import CSPNG
import Files
import Foundation

extension Picture {
  /// Writes a PNG file, as a whole or not at all.
  public func write(to url: URL) throws { try writeAtomically(png(path: url.path), to: url) }

  /// The bytes of a PNG file.
  public func png() throws -> [UInt8] { try png(path: "picture") }

  private func png(path: String) throws -> [UInt8] {
    func check(_ status: Int32) throws {
      guard status == 0 else { throw PictureError(path: path, problem: "cannot encode PNG: \(explanation(status))") }
    }
    guard let context = spng_ctx_new(Int32(SPNG_CTX_ENCODER.rawValue)) else {
      throw PictureError(path: path, problem: "cannot encode PNG: out of memory")
    }
    defer { spng_ctx_free(context) }
    try check(spng_set_option(context, SPNG_ENCODE_TO_BUFFER, 1))
    let colorType = channels == 1 ? SPNG_COLOR_TYPE_GRAYSCALE : SPNG_COLOR_TYPE_TRUECOLOR
    var header = spng_ihdr(
      width: UInt32(width), height: UInt32(height), bit_depth: 8, color_type: UInt8(colorType.rawValue),
      compression_method: 0, filter_method: 0, interlace_method: 0)
    try check(spng_set_ihdr(context, &header))
    try check(
      spng_encode_image(
        context, pixels, pixels.count, Int32(SPNG_FMT_PNG.rawValue), Int32(SPNG_ENCODE_FINALIZE.rawValue)))
    var count = 0
    var status: Int32 = 0
    let buffer = spng_get_png_buffer(context, &count, &status)
    try check(status)
    // The buffer is ours now.
    defer { free(buffer) }
    return Array(UnsafeRawBufferPointer(start: buffer, count: count))
  }

  /// Reads a PNG file; see ``init(png:path:)``.
  ///
  /// - Throws: `FileError` if it cannot be read; ``PictureError`` if it is damaged, or has more than 32,768 pixels on a
  ///   side.
  public init(contentsOf url: URL) throws {
    try self.init(png: InputFile.contents(of: url), path: url.path)
  }

  /// Decodes a PNG file. Grey ones of up to 8 bits stay grey; all others become red-green-blue, and
  /// transparency is left out.
  public init(png: [UInt8], path: String = "picture") throws {
    func check(_ status: Int32) throws {
      guard status == 0 else { throw PictureError(path: path, problem: "cannot decode PNG: \(explanation(status))") }
    }
    guard let context = spng_ctx_new(0) else {
      throw PictureError(path: path, problem: "cannot decode PNG: out of memory")
    }
    defer { spng_ctx_free(context) }
    // A few bytes can claim any size; this is far above what a model takes.
    try check(spng_set_image_limits(context, 1 << 15, 1 << 15))
    try check(spng_set_chunk_limits(context, 1 << 26, 1 << 26))
    let decoded: (header: spng_ihdr, pixels: [UInt8]) = try png.withUnsafeBytes { bytes in
      try check(spng_set_png_buffer(context, bytes.baseAddress, bytes.count))
      var header = spng_ihdr()
      try check(spng_get_ihdr(context, &header))
      let isGrey = header.color_type == UInt8(SPNG_COLOR_TYPE_GRAYSCALE.rawValue) && header.bit_depth <= 8
      let format = Int32((isGrey ? SPNG_FMT_G8 : SPNG_FMT_RGB8).rawValue)
      var count = 0
      try check(spng_decoded_image_size(context, format, &count))
      let pixels = try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        try check(spng_decode_image(context, buffer.baseAddress, count, format, 0))
        initialized = count
      }
      // To the end of the file: only there is the last part of the pixels checked.
      try check(spng_decode_chunks(context))
      return (header, pixels)
    }
    let width = Int(decoded.header.width), height = Int(decoded.header.height)
    self.init(
      width: width, height: height, channels: decoded.pixels.count / (width * height), pixels: decoded.pixels)
  }
}

private func explanation(_ status: Int32) -> String { String(cString: spng_strerror(status)) }
