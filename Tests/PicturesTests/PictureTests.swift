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
        try Picture(decoding: Array(png[..<length]), path: "a.png")
      }
      #expect(error?.description.hasPrefix("a.png: \(length < 8 ? "it is" : "cannot decode PNG: ")") == true)
    }
  }

  @Test func changedBytesAreNoticed() throws {
    let png = try Picture(width: 7, height: 5, channels: 3, filledWith: 9).png()
    for index in 0..<png.count - 4 {
      var changed = png
      changed[index] ^= 0x55
      #expect(throws: PictureError.self, "byte \(index)") { try Picture(decoding: changed) }
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

@Suite struct LabelTests {
  /// Whether a rectangle of a colored picture shows anything.
  private func isDrawn(_ picture: Picture, x: Range<Int>, y: Range<Int>) -> Bool {
    y.contains { y in x.contains { x in picture.pixels[(y * picture.width + x) * 3] < 200 } }
  }

  @Test func numbersHaveTheDigitsThatTellThemApart() {
    #expect(GridAxis("a", [-1.6449, -0.6745, -0.0, 0.6745, 1.6449]).labels == ["−1.6", "−0.7", "0.0", "0.7", "1.6"])
    #expect(GridAxis("a", [-40, 0, 40]).labels == ["−40", "0", "40"])
    #expect(GridAxis("a", [0.101, 0.102, 0.104]).labels == ["0.1010", "0.1020", "0.1040"])
    #expect(GridAxis("a", [2]).labels == ["2.0"] && GridAxis("a", []).labels == [])
    #expect(GridAxis("a", [.nan, .infinity]).labels.count == 2)
  }

  @Test func theMiddleIsLabelledAndLabelsStandApart() {
    let axis = GridAxis("a", [Float](repeating: 0, count: 15))
    #expect(axis.labelled(size: 40, step: 56) == Array(0...14))
    #expect(axis.labelled(size: 60, step: 56) == [1, 3, 5, 7, 9, 11, 13])
    #expect(axis.labelled(size: 60, step: 10) == [0, 7, 14])
    #expect(GridAxis("a", [0]).labelled(size: 60, step: 10) == [0])
  }

  @Test func axesStandAroundTheGridWhichStaysAsItIs() {
    let grid = Picture(width: 120, height: 80, channels: 1, filledWith: 255)
    let picture = grid.withAxes(horizontal: GridAxis("across", [-1, 0, 1]), vertical: GridAxis("up", [1, -1]))
    #expect(isDrawn(picture, x: 0..<picture.width - 130, y: 0..<picture.height))
    #expect(isDrawn(picture, x: 0..<picture.width, y: picture.height - 50..<picture.height))
    // Nothing runs out of the picture.
    for edge in [0..<2, picture.width - 2..<picture.width] { #expect(!isDrawn(picture, x: edge, y: 0..<picture.height)) }
    #expect(!isDrawn(picture, x: 0..<picture.width, y: picture.height - 2..<picture.height))
    #expect(grid.withAxes(horizontal: GridAxis("across", [0])).height == picture.height, "without a second axis")
  }

  @Test func rowsOfReconstructionsAreNamed() {
    let images = [Float](repeating: 1, count: 2 * 32 * 32)
    let bare = Picture.reconstructions(originals: images, reconstructions: images, shape: [2, 32, 32, 1], columns: 1)
    let named = Picture.reconstructions(
      originals: images, reconstructions: images, shape: [2, 32, 32, 1], columns: 1,
      rowNames: ("original", "reconstruction"))
    let left = named.width - bare.width
    #expect(named.height == bare.height && left > 100)
    // Two pairs of rows, each row with its name: the second name is longer.
    for row in 0..<4 {
      let y = 2 + row / 2 * (2 * 32 + 2 + 9) + row % 2 * 34 + 8..<2 + row / 2 * (2 * 32 + 2 + 9) + row % 2 * 34 + 24
      #expect(isDrawn(named, x: 0..<left, y: y), "row \(row)")
      #expect(isDrawn(named, x: 0..<left / 3, y: y) == (row % 2 == 1), "row \(row)")
    }
  }

  @Test(arguments: [(1, 28, 8), (25, 28, 4), (100, 28, 2), (225, 28, 2), (1000, 28, 1), (100, 64, 1), (4, 64, 4), (1, 600, 1)])
  func smallGridsAreEnlarged(count: Int, side: Int, scale: Int) {
    #expect(Picture.gridScale(count: count, imageShape: [side, side, 1]) == scale)
  }
}
