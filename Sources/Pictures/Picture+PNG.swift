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
}

private func explanation(_ status: Int32) -> String { String(cString: spng_strerror(status)) }
