import CTurboJPEG

/// The parts of a JPEG file before its pixels.
enum JPEGSegments {
  static func header(of bytes: [UInt8], path: String) throws(PictureError) -> EncodedPicture.Header {
    var header = EncodedPicture.Header(), place = 2
    // Segments begin with FF, perhaps several times, and a letter; most have their size behind it.
    while place + 4 <= bytes.count {
      guard bytes[place] == 0xFF else { break }
      let marker = bytes[place + 1]
      if marker == 0xFF || marker == 0x01 || (0xD0...0xD7).contains(marker) {
        place += marker == 0xFF ? 1 : 2
        continue
      }
      let start = place + 4, end = place + 2 + Int(bytes[place + 2]) << 8 + Int(bytes[place + 3])
      guard marker != 0xDA, marker != 0xD9, end >= start, end <= bytes.count else { break }
      let contents = bytes[start..<end]
      switch marker {
      case 0xE1 where contents.starts(with: Array("Exif\0\0".utf8)):
        header.orientation = Orientation(exif: contents.dropFirst(6))
      case 0xE2 where contents.starts(with: "ICC_PROFILE\0".utf8): header.hasColorProfile = true
      case 0xC0...0xCF where ![0xC4, 0xC8, 0xCC].contains(marker) && contents.count >= 5:
        header.height = Int(contents[start + 1]) << 8 + Int(contents[start + 2])
        header.width = Int(contents[start + 3]) << 8 + Int(contents[start + 4])
      default: break
      }
      place = end
    }
    guard header.width > 0 else {
      throw PictureError(path: path, problem: "cannot decode JPEG: it does not say how large it is; it is damaged or cut short")
    }
    return header
  }
}

extension EncodedPicture {
  /// - Parameter denominator: 1, 2, 4 or 8: the picture is decoded at this part of its size.
  func decodedJPEG(denominator: Int) throws(PictureError) -> Picture {
    guard let decoder = tjInitDecompress() else { throw damaged("out of memory") }
    defer { tjDestroy(decoder) }
    func check(_ status: Int32) throws(PictureError) {
      guard status != 0 else { return }
      let message = String(cString: tjGetErrorStr2(decoder))
      // Bytes between the parts that belong to none lose nothing; some cameras leave them.
      let isHarmless = tjGetErrorCode(decoder) == TJERR_WARNING.rawValue && message.contains("extraneous bytes before marker")
      if !isHarmless { throw damaged(message) }
    }
    var (width, height, subsampling, colorSpace) = (Int32(0), Int32(0), Int32(0), Int32(0))
    try check(tjDecompressHeader3(decoder, bytes, UInt(bytes.count), &width, &height, &subsampling, &colorSpace))
    guard Int(width) == header.width, Int(height) == header.height else { throw damaged("it has two headers") }
    func reduced(_ extent: Int32) -> Int { (Int(extent) + denominator - 1) / denominator }
    let (outputWidth, outputHeight) = (reduced(width), reduced(height))
    let isPrint = colorSpace == TJCS_CMYK.rawValue || colorSpace == TJCS_YCCK.rawValue
    let format = colorSpace == TJCS_GRAY.rawValue ? TJPF_GRAY : isPrint ? TJPF_CMYK : TJPF_RGB
    let channels = format == TJPF_GRAY ? 1 : isPrint ? 4 : 3
    let size = outputWidth * outputHeight * channels
    do {
      let pixels = try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        try check(
          tjDecompress2(
            decoder, bytes, UInt(bytes.count), buffer.baseAddress, Int32(outputWidth), 0, Int32(outputHeight), format.rawValue,
            TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS))
        count = size
      }
      return Picture(
        width: outputWidth, height: outputHeight, channels: min(channels, 3),
        pixels: isPrint ? Self.colors(ofPrint: pixels) : pixels)
    } catch let error as PictureError {
      throw error
    } catch {
      throw damaged("\(error)")
    }
  }

  /// Red, green and blue of the four inks of a print, stored inverted as all programs do: 255 is none.
  private static func colors(ofPrint inks: [UInt8]) -> [UInt8] {
    let area = inks.count / 4
    return [UInt8](unsafeUninitializedCapacity: 3 * area) { output, count in
      for index in 0..<area {
        let black = UInt32(inks[4 * index + 3])
        for channel in 0..<3 {
          output[3 * index + channel] = UInt8((UInt32(inks[4 * index + channel]) * black + 127) / 255)
        }
      }
      count = 3 * area
    }
  }
}
