import Pictures
import Testing

@Suite struct AnimatedPNGTests {
  private func frame(_ value: UInt8, width: Int = 5) throws -> [UInt8] {
    try Picture(width: width, height: 3, channels: 1, pixels: [UInt8](repeating: value, count: 3 * width)).png()
  }

  /// The chunks by type, with what they hold.
  private func chunks(_ bytes: [UInt8]) -> [(type: String, content: [UInt8])] {
    var chunks = [(type: String, content: [UInt8])](), place = 8
    while place < bytes.count {
      let count = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
      chunks.append((String(decoding: bytes[place + 4..<place + 8], as: UTF8.self), Array(bytes[place + 8..<place + 8 + count])))
      place += 12 + count
    }
    return chunks
  }

  @Test func framesInOrder() throws {
    let bytes = try AnimatedPNG.encode([frame(10), frame(20), frame(30)], millisecondsPerFrame: 100)
    let found = chunks(bytes)
    #expect(found.map(\.type) == ["IHDR", "acTL", "fcTL", "IDAT", "fcTL", "fdAT", "fcTL", "fdAT", "IEND"])
    #expect(found[1].content == [0, 0, 0, 3, 0, 0, 0, 0])
    let numbered = found.filter { $0.type == "fcTL" || $0.type == "fdAT" }.map { $0.content[3] }
    #expect(numbered == [0, 1, 2, 3, 4])
    // Each is 5×3 at 0, 0, and shown for 100/1000 s; the last for 400/1000 s.
    #expect(found[2].content[4...] == [0, 0, 0, 5, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 3, 232, 0, 0])
    #expect(found[6].content[20..<22] == [1, 144])
    // Who knows no animations sees the first frame; that reads every chunk with its checksum.
    #expect(try Picture(decoding: bytes).pixels == [UInt8](repeating: 10, count: 15))
  }

  @Test func whatDoesNotFit() throws {
    let bytes = try AnimatedPNG.encode([frame(10), frame(20, width: 6), frame(30)], millisecondsPerFrame: 100)
    #expect(chunks(bytes).count { $0.type == "fcTL" } == 2)
    #expect(throws: PictureError.self) { try AnimatedPNG.encode([], millisecondsPerFrame: 100) }
    #expect(throws: PictureError.self) { try AnimatedPNG.encode([[1, 2, 3]], millisecondsPerFrame: 100) }
    let whole = try frame(10)
    for count in [8, 20, 30, whole.count - 13] {
      #expect(throws: PictureError.self) { try AnimatedPNG.encode([Array(whole[..<count])], millisecondsPerFrame: 100) }
    }
  }
}
