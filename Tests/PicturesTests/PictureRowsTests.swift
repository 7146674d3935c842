import Files
import Foundation
import Testing

@testable import Pictures

@Suite struct PictureRowsTests {
  func rows(_ name: String) throws -> PictureRows { try PictureRows(EncodedPicture(PictureFixtures.bytes(name), path: name)) }

  /// All values, read some rows at a time.
  func values(_ rows: PictureRows, step: Int = 3) throws -> [UInt16] {
    var values = [UInt16]()
    while rows.position < rows.height { values += try rows.next(min(step, rows.height - rows.position)) }
    return values
  }

  func written(_ values: [UInt16], like rows: PictureRows, step: Int = 5) throws -> [UInt8] {
    let writer = try PNGRowWriter(
      width: rows.width, height: rows.height, channels: rows.channels, depth: rows.depth, path: "written")
    let block = step * rows.width * rows.channels
    return try stride(from: 0, to: values.count, by: block).flatMap {
      try writer.encode(Array(values[$0..<min($0 + block, values.count)]))
    }
  }

  @Test(arguments: try PictureFixtures.names) func rowsAreThoseOfTheWholePicture(name: String) throws {
    let reader = try rows(name), whole = try Picture(decoding: PictureFixtures.bytes(name))
    let read = try values(reader)
    #expect(reader.width == whole.width && reader.height == whole.height)
    #expect(reader.depth == (name.contains("16-bits") ? 16 : 8))
    #expect(reader.hasOpacity == (name.contains("alpha") || name.contains("key")))
    let picture = Picture(values: read, width: reader.width, channels: reader.channels, depth: reader.depth)
    let difference = zip(picture.pixels, whole.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 0
    // Of 16 bits the whole picture has the upper half.
    #expect(picture.channels == whole.channels && difference <= (reader.depth == 16 ? 1 : 0), "\(difference)")
    #expect(try values(rows(name), step: 1000) == read)
  }

  @Test(arguments: try PictureFixtures.names) func whatIsWrittenRowByRowIsReadAgain(name: String) throws {
    let reader = try rows(name), read = try values(reader)
    let again = try PictureRows(EncodedPicture(written(read, like: reader), path: "written"))
    #expect(again.channels == reader.channels && again.depth == reader.depth)
    #expect(try values(again) == read)
  }

  @Test func interlacedPicturesAreReadToo() throws {
    let reader = try rows("rows/interlaced.png"), read = try values(reader)
    #expect(reader.width == 13 && reader.height == 11 && reader.channels == 3 && reader.depth == 16)
    let expected = (0..<11 * 13 * 3).map { (place: Int) -> UInt16 in
      let (x, y, channel) = (place / 3 % 13, place / 39, place % 3)
      return UInt16(1000 * x + 300 * y + 7 * channel)
    }
    #expect(read == expected)
  }

  @Test func aDamagedPictureIsAnErrorThatNamesIt() throws {
    for name in ["color.png", "color-16-bits.png", "rows/interlaced.png", "color.jpg"] {
      let bytes = try PictureFixtures.bytes(name)
      var changed = bytes
      changed[bytes.count * 2 / 3] ^= 0x55
      for damaged in [Array(bytes[..<(bytes.count * 2 / 3)]), changed] where name.hasSuffix(".png") || damaged.count < bytes.count {
        let error = #expect(throws: PictureError.self) {
          _ = try self.values(PictureRows(EncodedPicture(damaged, path: name)))
        }
        #expect(error?.description.hasPrefix("\(name): cannot decode") == true)
      }
    }
  }

  @Test func opacityIsEnlargedAsPillowDoes() throws {
    let picture = try Picture(decoding: PictureFixtures.bytes("grey.png"))
    for scale in [2, 4] {
      let plane = EnlargedPlane(width: picture.width, height: picture.height, scale: scale)
      var rows = [UInt16]()
      for start in stride(from: 0, to: picture.height, by: 7) {
        let wanted = start..<min(start + 7, picture.height), first = max(0, start - 2)
        let small = picture.pixels[first * picture.width..<min(wanted.upperBound + 2, picture.height) * picture.width]
        rows += plane.rows(wanted, of: small.map { UInt16($0) }, from: first, limit: 255)
      }
      let expected = picture.resized(width: scale * picture.width, height: scale * picture.height, by: .bicubic)
      #expect(rows.count == expected.pixels.count)
      #expect(zip(rows, expected.pixels).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
    }
  }

  @Test func picturesStandSideBySideUnderTheirNames() {
    let picture = Picture(width: 60, height: 20, channels: 1, filledWith: 0)
    let row = Picture.sideBySide([("a", picture), ("b", picture), ("c", picture)])
    #expect(row.width == 8 + 3 * 68 && row.height > 20 + 8)
    let last = row.pixels.suffix(row.width * 3 * 12).prefix(row.width * 3)
    #expect(last.count { $0 == 0 } == 3 * 60 * 3)
  }
}
