import CZlib

/// An animation in the PNG format's extension of that name: browsers play it, other programs show the first frame.
public enum AnimatedPNG {
  /// Joins PNG files of one size and kind of pixels, without decoding them.
  ///
  /// - Parameters:
  ///   - frames: The files' bytes; those that differ from the first in size or kind are left out.
  ///   - millisecondsPerFrame: How long each is shown. It begins anew for ever.
  ///   - lastFrameRepeats: How many times as long the last one is shown.
  /// - Throws: ``PictureError`` if there is no frame, or one is no PNG file.
  public static func encode(_ frames: [[UInt8]], millisecondsPerFrame: UInt16, lastFrameRepeats: UInt16 = 4) throws -> [UInt8] {
    let parsed = try frames.map(AnimationFrame.init)
    guard let first = parsed.first else { throw PictureError(path: "animation", problem: "there are no frames") }
    let shown = parsed.filter { $0.header == first.header }
    var bytes = PNGChunks.signature
    bytes += chunk("IHDR", first.header)
    bytes += chunk("acTL", bigEndian(UInt32(shown.count)) + bigEndian(UInt32(0)))
    var sequence: UInt32 = 0
    func next() -> [UInt8] {
      defer { sequence += 1 }
      return bigEndian(sequence)
    }
    for (index, frame) in shown.enumerated() {
      let milliseconds = index == shown.count - 1 ? lastFrameRepeats * millisecondsPerFrame : millisecondsPerFrame
      let size = Array(first.header[..<8]), place = [UInt8](repeating: 0, count: 8), overwriting: [UInt8] = [0, 0]
      bytes += chunk("fcTL", next() + size + place + bigEndian(milliseconds) + bigEndian(UInt16(1000)) + overwriting)
      bytes += index == 0 ? chunk("IDAT", frame.data) : chunk("fdAT", next() + frame.data)
    }
    return bytes + chunk("IEND", [])
  }

  private static func chunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + content
    let check = body.withUnsafeBufferPointer { crc32_z(0, $0.baseAddress, $0.count) }
    return bigEndian(UInt32(content.count)) + body + bigEndian(UInt32(check))
  }

  private static func bigEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
  }
}

/// What an animation takes of a PNG file.
private struct AnimationFrame {
  private(set) var header = [UInt8]()
  /// The compressed pixels.
  private(set) var data = [UInt8]()

  init(_ bytes: [UInt8]) throws {
    var isWhole = false
    if bytes.starts(with: PNGChunks.signature) {
      for (type, contents) in PNGChunks(bytes) {
        switch type {
        case Array("IHDR".utf8): header = Array(contents)
        case Array("IDAT".utf8): data += contents
        case Array("IEND".utf8): isWhole = true
        default: break
        }
      }
    }
    guard isWhole, header.count == 13, !data.isEmpty else {
      throw PictureError(path: "animation", problem: "a frame is no PNG file, or damaged")
    }
  }
}
