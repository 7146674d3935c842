import CSPNG

/// Encodes a PNG file from the top, some rows at a time, so that the picture is nowhere as a whole.
public final class PNGRowWriter {
  private let context: OpaquePointer
  private let output = Output()
  private let rowCount: Int
  private let depth: Int
  private let path: String

  /// - Parameters:
  ///   - channels: 1 for grey, 2 with opacity, 3 for color, 4 with opacity.
  ///   - depth: 8 or 16 bits.
  ///   - path: Of the file, for messages.
  /// - Throws: If no such file can be.
  public init(width: Int, height: Int, channels: Int, depth: Int, path: String) throws(PictureError) {
    precondition((1...4).contains(channels) && (depth == 8 || depth == 16), "\(channels) channels of \(depth) bits")
    guard let context = spng_ctx_new(Int32(SPNG_CTX_ENCODER.rawValue)) else {
      throw PictureError(path: path, problem: "cannot encode PNG: out of memory")
    }
    (self.context, self.path, self.depth, rowCount) = (context, path, depth, width * channels)
    let kind = [
      SPNG_COLOR_TYPE_GRAYSCALE, SPNG_COLOR_TYPE_GRAYSCALE_ALPHA, SPNG_COLOR_TYPE_TRUECOLOR, SPNG_COLOR_TYPE_TRUECOLOR_ALPHA,
    ][channels - 1]
    try check(output.install(in: context))
    guard width <= 1 << 30, height <= 1 << 30 else {
      throw PictureError(path: path, problem: "cannot encode PNG: \(width)×\(height) pixels are too many")
    }
    var header = spng_ihdr(
      width: UInt32(width), height: UInt32(height), bit_depth: UInt8(depth), color_type: UInt8(kind.rawValue),
      compression_method: 0, filter_method: 0, interlace_method: 0)
    try check(spng_set_ihdr(context, &header))
    try check(
      spng_encode_image(
        context, nil, 0, Int32(SPNG_FMT_PNG.rawValue),
        Int32(SPNG_ENCODE_PROGRESSIVE.rawValue | SPNG_ENCODE_FINALIZE.rawValue)))
  }

  deinit { spng_ctx_free(context) }

  /// Takes the next rows, `[N, width, channels]`, and gives what is next in the file; with the last row its end.
  public func encode(_ rows: [UInt16]) throws(PictureError) -> [UInt8] {
    precondition(rows.count.isMultiple(of: rowCount), "\(rows.count) values are no rows of \(rowCount)")
    for start in stride(from: 0, to: rows.count, by: rowCount) {
      let row = rows[start..<start + rowCount]
      let status =
        depth == 16
        ? row.withUnsafeBytes { spng_encode_row(context, $0.baseAddress, $0.count) }
        : row.map { UInt8(truncatingIfNeeded: $0) }.withUnsafeBytes { spng_encode_row(context, $0.baseAddress, $0.count) }
      if status != Int32(SPNG_EOI.rawValue) { try check(status) }
    }
    return output.take()
  }

  private func check(_ status: Int32) throws(PictureError) {
    if status != 0 { throw PictureError(path: path, problem: "cannot encode PNG: \(String(cString: spng_strerror(status)))") }
  }

  /// What has been encoded and not been taken.
  private final class Output {
    private var bytes: [UInt8] = []

    func take() -> [UInt8] {
      defer { bytes = [] }
      return bytes
    }

    func install(in context: OpaquePointer) -> Int32 {
      spng_set_png_stream(
        context,
        { _, user, source, count in
          let output = Unmanaged<Output>.fromOpaque(user!).takeUnretainedValue()
          output.bytes.append(contentsOf: UnsafeRawBufferPointer(start: source, count: count))
          return 0
        }, Unmanaged.passUnretained(self).toOpaque())
    }
  }
}
