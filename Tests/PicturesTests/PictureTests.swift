import Files
import Foundation
import TestSupport
import Testing

@testable import Pictures

@Suite struct PNGTests {
  @Test(arguments: [1, 3])
  func picturesComeBackAsTheyWere(channels: Int) throws {
    let folder = try TemporaryFolder()
    let picture = Picture(
      width: 7, height: 5, channels: channels, pixels: (0..<35 * channels).map { UInt8($0 * 7 % 256) })
    try picture.write(to: folder("a.png"))
    #expect(try Picture(contentsOf: folder("a.png")) == picture)
    #expect(try folder.names == ["a.png"])
  }

  @Test func everyTruncationIsAnErrorNamingTheFile() throws {
    let png = try Picture(width: 7, height: 5, channels: 1, filledWith: 9).png()
    // The last four bytes are the checksum of an end marker that holds nothing.
    for length in 0..<png.count - 4 {
      let error = #expect(throws: PictureError.self, "cut to \(length)") {
        try Picture(png: Array(png[..<length]), path: "a.png")
      }
      #expect(error?.description.hasPrefix("a.png: cannot decode PNG: ") == true)
    }
  }

  @Test func changedBytesAreNoticed() throws {
    let png = try Picture(width: 7, height: 5, channels: 3, filledWith: 9).png()
    for index in 0..<png.count - 4 {
      var changed = png
      changed[index] ^= 0x55
      #expect(throws: PictureError.self, "byte \(index)") { try Picture(png: changed) }
    }
  }

  @Test func unwritablePlacesAreErrors() throws {
    let picture = Picture(width: 1, height: 1, channels: 1, filledWith: 0)
    #expect(throws: FileError.self) { try picture.write(to: URL(fileURLWithPath: "/proc/figment.png")) }
    #expect(throws: FileError.self) { try picture.write(to: URL(fileURLWithPath: "/dev/full")) }
  }
}

@Suite struct GridTests {
  @Test func imagesStandInRowsWithPadding() {
    // Three images of one pixel: black, grey, white; two columns, a pixel apart on a ground of 9.
    let grid = Picture.grid([0, 0.5, 1], shape: [3, 1, 1, 1], columns: 2, padding: 1, background: 9)
    #expect(grid.width == 5)
    #expect(
      grid.pixels == [
        9, 9, 9, 9, 9,
        9, 0, 9, 128, 9,
        9, 9, 9, 9, 9,
        9, 255, 9, 9, 9,
        9, 9, 9, 9, 9,
      ])
  }

  @Test func imagesAreEnlargedByRepetition() {
    let grid = Picture.grid([0, 1, 0.2, 0.4], shape: [1, 2, 2, 1], scale: 2, padding: 0)
    #expect(grid.pixels == [0, 0, 255, 255, 0, 0, 255, 255, 51, 51, 102, 102, 51, 51, 102, 102])
  }

  @Test func colorsKeepTheirOrderAndValuesOutsideAreClamped() {
    let grid = Picture.grid([-1, 2, 0.4, .nan, .infinity, -.infinity], shape: [2, 1, 1, 3], columns: 2, padding: 0)
    #expect(grid.channels == 3)
    #expect(grid.pixels == [0, 255, 102, 0, 255, 0])
  }

  @Test func withoutColumnsTheGridIsNearlySquare() {
    let grid = Picture.grid([Float](repeating: 0, count: 10), shape: [10, 1, 1, 1], padding: 0)
    #expect(grid.width == 4)
    #expect(grid.height == 3)
  }

  @Test func reconstructionsStandBelowTheirOriginals() {
    let picture = Picture.reconstructions(
      originals: [0, 0, 0], reconstructions: [1, 1, 1], shape: [3, 1, 1, 1], columns: 2, padding: 0,
      background: 9)
    // Two double rows with a gap of one pixel; the last place is empty.
    #expect(picture.pixels == [0, 0, 255, 255, 9, 9, 0, 9, 255, 9])
  }
}
