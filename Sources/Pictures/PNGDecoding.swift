import CSPNG

/// The parts of a PNG file one after the other, up to one that is cut short.
struct PNGChunks: Sequence, IteratorProtocol {
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  private let bytes: [UInt8]
  private var place = signature.count

  /// - Precondition: they begin with the signature.
  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func next() -> (type: [UInt8], contents: ArraySlice<UInt8>)? {
    let start = place + 8
    guard start <= bytes.count else { return nil }
    let size = Self.number(bytes[place...])
    guard size <= bytes.count - start else { return nil }
    defer { place = start + size + 4 }  // A checksum follows.
    return (Array(bytes[place + 4..<start]), bytes[start..<start + size])
  }

  /// The first four bytes, the highest first.
  private static func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) } }

  /// What the file says before its pixels.
  static func header(of bytes: [UInt8], path: String) throws(PictureError) -> EncodedPicture.Header {
    var header = EncodedPicture.Header()
    for (type, contents) in PNGChunks(bytes) {
      switch type {
      case Array("IHDR".utf8) where contents.count >= 13:
        (header.width, header.height) = (number(contents), number(contents.dropFirst(4)))
      case Array("iCCP".utf8): header.hasColorProfile = true
      case Array("tRNS".utf8): header.hasTransparency = true
      case Array("eXIf".utf8): header.orientation = Orientation(exif: contents)
      case Array("IDAT".utf8), Array("IEND".utf8): return header
      default: break
      }
    }
    if header.width == 0 {
      throw PictureError(path: path, problem: "cannot decode PNG: the file ends within its header; it was cut short")
    }
    return header
  }
}

extension EncodedPicture {
  func decodedPNG(over background: Color) throws(PictureError) -> Picture {
    func check(_ status: Int32) throws(PictureError) {
      guard status == 0 else { throw damaged(String(cString: spng_strerror(status))) }
    }
    guard let context = spng_ctx_new(0) else { throw damaged("out of memory") }
    defer { spng_ctx_free(context) }
    try check(spng_set_chunk_limits(context, 1 << 26, 1 << 26))
    do {
      return try bytes.withUnsafeBytes { bytes in
        try check(spng_set_png_buffer(context, bytes.baseAddress, bytes.count))
        var ihdr = spng_ihdr()
        try check(spng_get_ihdr(context, &ihdr))
        let (width, height) = (Int(ihdr.width), Int(ihdr.height))
        guard width == header.width, height == header.height else { throw damaged("it has two headers") }
        let isGrey = ihdr.color_type & UInt8(SPNG_COLOR_TYPE_TRUECOLOR.rawValue) == 0
        let isTransparent = header.hasTransparency || ihdr.color_type & UInt8(SPNG_COLOR_TYPE_GRAYSCALE_ALPHA.rawValue) != 0
        let isOnGrey = !isTransparent || (background.red == background.green && background.green == background.blue)
        let format =
          isTransparent ? SPNG_FMT_RGBA8 : isGrey && ihdr.bit_depth <= 8 ? SPNG_FMT_G8 : SPNG_FMT_RGB8
        var count = 0
        try check(spng_decoded_image_size(context, Int32(format.rawValue), &count))
        let flags = isTransparent ? Int32(SPNG_DECODE_TRNS.rawValue) : 0
        let pixels = try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
          try check(spng_decode_image(context, buffer.baseAddress, count, Int32(format.rawValue), flags))
          initialized = count
        }
        // To the end of the file: only there is the last part of the pixels checked.
        try check(spng_decode_chunks(context))
        if isTransparent {
          return Picture(width: width, height: height, rgba: pixels, over: background, channels: isGrey && isOnGrey ? 1 : 3)
        }
        let picture = Picture(width: width, height: height, channels: count / (width * height), pixels: pixels)
        // Grey of 16 bits comes as three channels that are alike; of these the weighted sum is the same again.
        return isGrey ? picture.converted(toChannels: 1) : picture
      }
    } catch let error as PictureError {
      throw error
    } catch {
      throw damaged("\(error)")
    }
  }
}
