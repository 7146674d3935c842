import CSPNG

/// A picture read from the top, some rows at a time, with all that it has: grey or color, opacity, 8 bits or 16.
///
/// Of a PNG file only the rows that are asked for are decoded, unless it is interlaced or says that the camera was turned; of a
/// JPEG file all of them.
public final class PictureRows {
  /// The file, as errors name it.
  public let path: String
  /// As it is shown, in pixels.
  public let width: Int
  /// As it is shown, in pixels.
  public let height: Int
  /// 1 for grey, 2 with opacity behind it, 3 for red-green-blue, 4 with opacity behind it.
  public let channels: Int
  /// Bits of a value, 8 or 16.
  public let depth: Int
  /// How many rows have been read.
  public private(set) var position = 0
  /// Whether the file says which colors its values mean, which is not heeded.
  public let hasColorProfile: Bool

  /// Whether the last channel is opacity.
  public var hasOpacity: Bool { channels.isMultiple(of: 2) }

  private enum Source {
    /// All values, of one byte each or of two.
    case decoded([UInt8])
    case file(PNGRowDecoder)
  }
  private let source: Source

  /// - Throws: If the picture is damaged; of a PNG file what is damaged below is found when its rows are read.
  public init(_ encoded: EncodedPicture) throws(PictureError) {
    (path, width, height, hasColorProfile) = (encoded.path, encoded.width, encoded.height, encoded.hasColorProfile)
    guard encoded.format == .png else {
      let picture = try encoded.decoded()
      (channels, depth, source) = (picture.channels, 8, .decoded(picture.pixels))
      return
    }
    let decoder = try PNGRowDecoder(encoded)
    (channels, depth) = (decoder.channels, decoder.depth)
    if decoder.isInterlaced || encoded.header.orientation != .upright {
      let pixels = try decoder.whole()
      source = .decoded(
        encoded.header.orientation.shown(
          pixels, width: encoded.header.width, height: encoded.header.height, size: channels * depth / 8))
    } else {
      try decoder.begin()
      source = .file(decoder)
    }
  }

  /// The next `count` rows, `[count, width, channels]`.
  ///
  /// - Precondition: there are that many left.
  public func next(_ count: Int) throws(PictureError) -> [UInt16] {
    precondition(count >= 0 && position + count <= height, "rows \(position) to \(position + count) of \(height)")
    let rowBytes = width * channels * depth / 8
    defer { position += count }
    switch source {
    case .decoded(let bytes): return Self.values(bytes[position * rowBytes..<(position + count) * rowBytes], depth)
    case .file(let decoder):
      var values = [UInt16]()
      values.reserveCapacity(count * width * channels)
      for _ in 0..<count { values += Self.values(try decoder.row()[...], depth) }
      return values
    }
  }

  private static func values(_ bytes: ArraySlice<UInt8>, _ depth: Int) -> [UInt16] {
    if depth == 8 { return bytes.map { UInt16($0) } }
    return bytes.withUnsafeBytes { raw in
      (0..<raw.count / 2).map { raw.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self) }
    }
  }
}

/// Decodes a PNG file row by row to values in the machine's byte order.
private final class PNGRowDecoder {
  let channels: Int
  let depth: Int
  let isInterlaced: Bool
  private let context: OpaquePointer
  private let encoded: EncodedPicture
  private let input: PNGInput
  private let format: spng_format
  private let flags: UInt32
  /// Decoded channels: grey with opacity comes as color with opacity.
  private let stored: Int
  private var rowsLeft: Int

  init(_ encoded: EncodedPicture) throws(PictureError) {
    guard let context = spng_ctx_new(0) else { throw encoded.damaged("out of memory") }
    (self.context, self.encoded, input) = (context, encoded, PNGInput(encoded.bytes))
    var ihdr = spng_ihdr()
    var status = spng_set_chunk_limits(context, 1 << 26, 1 << 26)
    if status == 0 { status = input.install(in: context) }
    if status == 0 { status = spng_get_ihdr(context, &ihdr) }
    let isGrey = ihdr.color_type & UInt8(SPNG_COLOR_TYPE_TRUECOLOR.rawValue) == 0
    let isTransparent =
      encoded.header.hasTransparency || ihdr.color_type & UInt8(SPNG_COLOR_TYPE_GRAYSCALE_ALPHA.rawValue) != 0
    depth = ihdr.bit_depth == 16 ? 16 : 8
    isInterlaced = ihdr.interlace_method != 0
    channels = (isGrey ? 1 : 3) + (isTransparent ? 1 : 0)
    stored = isTransparent ? 4 : channels
    format =
      isTransparent
      ? (depth == 16 ? SPNG_FMT_RGBA16 : SPNG_FMT_RGBA8)
      : depth == 16 ? SPNG_FMT_PNG : isGrey ? SPNG_FMT_G8 : SPNG_FMT_RGB8
    flags = isTransparent ? SPNG_DECODE_TRNS.rawValue : 0
    rowsLeft = encoded.header.height
    try check(status)
    guard Int(ihdr.width) == encoded.header.width, Int(ihdr.height) == encoded.header.height else {
      throw encoded.damaged("it has two headers")
    }
  }

  deinit { spng_ctx_free(context) }

  private func check(_ status: Int32) throws(PictureError) {
    if status != 0 { throw encoded.damaged(String(cString: spng_strerror(status))) }
  }

  func begin() throws(PictureError) {
    try check(spng_decode_image(context, nil, 0, Int32(format.rawValue), Int32(flags | SPNG_DECODE_PROGRESSIVE.rawValue)))
  }

  func row() throws(PictureError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: encoded.header.width * stored * depth / 8)
    let status = spng_decode_row(context, &bytes, bytes.count)
    rowsLeft -= 1
    if status != Int32(SPNG_EOI.rawValue) || rowsLeft > 0 { try check(status) }
    // To the end of the file: only there is the last part of the pixels checked.
    if rowsLeft == 0 { try check(spng_decode_chunks(context)) }
    return used(bytes)
  }

  func whole() throws(PictureError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: encoded.header.width * encoded.header.height * stored * depth / 8)
    try check(spng_decode_image(context, &bytes, bytes.count, Int32(format.rawValue), Int32(flags)))
    try check(spng_decode_chunks(context))
    return used(bytes)
  }

  /// Without what is there twice.
  private func used(_ bytes: [UInt8]) -> [UInt8] {
    guard channels == 2 else { return bytes }
    let size = depth / 8
    var used = [UInt8]()
    used.reserveCapacity(bytes.count / 2)
    for pixel in stride(from: 0, to: bytes.count, by: 4 * size) {
      used += bytes[pixel..<pixel + size]
      used += bytes[pixel + 3 * size..<pixel + 4 * size]
    }
    return used
  }
}

/// The bytes of a file, read from front to end by a decoder that lives no longer.
private final class PNGInput {
  private let bytes: [UInt8]
  private var place = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func install(in context: OpaquePointer) -> Int32 {
    spng_set_png_stream(
      context,
      { _, user, target, count in
        let input = Unmanaged<PNGInput>.fromOpaque(user!).takeUnretainedValue()
        guard count <= input.bytes.count - input.place else { return SPNG_IO_EOF.rawValue }
        input.bytes.withUnsafeBytes { target!.copyMemory(from: $0.baseAddress! + input.place, byteCount: count) }
        input.place += count
        return 0
      }, Unmanaged.passUnretained(self).toOpaque())
  }
}
