import Files
import Foundation
import Interchange
import TestSupport
import Testing

@testable import Pictures

/// Pictures that `Fixtures/make.py` made with Pillow, and their pixels as Pillow sees them, over white.
enum PictureFixtures {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

  static var names: [String] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: folder.path)
        .filter { $0.hasSuffix(".png") || $0.hasSuffix(".jpg") }.sorted()
    }
  }

  static func bytes(_ name: String) throws -> [UInt8] { try InputFile.contents(of: folder.appending(path: name)) }

  /// What Pillow saw, from `file`.
  static func picture(_ name: String, in file: String = "pictures") throws -> Picture {
    let file = try SafetensorsFile(contentsOf: folder.appending(path: "\(file).safetensors"))
    let shape = try #require(file.entries[name]?.shape)
    return Picture(width: shape[1], height: shape[0], channels: shape[2], pixels: try file.values(name))
  }
}

@Suite struct DecodingTests {
  @Test(arguments: try PictureFixtures.names) func everyKindOfPictureIsWhatPillowSees(name: String) throws {
    let picture = try Picture(decoding: PictureFixtures.bytes(name), path: name)
    let expected = try PictureFixtures.picture(name)
    try #require(picture.width == expected.width && picture.height == expected.height, "\(name)")
    try #require(picture.channels == expected.channels, "\(name)")
    let largest = zip(picture.pixels, expected.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 0
    // Files of prints have no exact pixels of their own in the fixture, only those that were compressed.
    #expect(largest <= (name.hasSuffix(".png") ? 0 : name == "print-ycck.jpg" ? 40 : 1), "\(name): \(largest)")
  }

  @Test func transparencyIsOverWhiteOrAColor() throws {
    let bytes = try PictureFixtures.bytes("grey-alpha.png")
    #expect(try Picture(decoding: bytes).pixels[0] == 255)
    let red = try Picture(decoding: bytes, over: Color(0xFF0000))
    #expect(red.channels == 3 && Array(red.pixels[..<3]) == [255, 0, 0])
  }

  @Test func theFileSaysWhatItIsWhateverItsName() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(PictureFixtures.bytes("color.jpg"), "really.png")
    #expect(try EncodedPicture(contentsOf: file).format == .jpeg)
    #expect(try Picture(contentsOf: file).width == 34)
  }

  @Test func colorProfilesAreNoticed() throws {
    for name in try PictureFixtures.names {
      #expect(try EncodedPicture(PictureFixtures.bytes(name)).hasColorProfile == name.hasPrefix("profile"), "\(name)")
    }
  }

  @Test func sizesAreThoseShown() throws {
    let upright = try EncodedPicture(PictureFixtures.bytes("turned-3.jpg"))
    let sideways = try EncodedPicture(PictureFixtures.bytes("turned-6.jpg"))
    #expect((upright.width, upright.height) == (34, 21) && (sideways.width, sideways.height) == (21, 34))
  }

  @Test func photographsCanBeDecodedSmaller() throws {
    let encoded = try EncodedPicture(PictureFixtures.bytes("turned-6.jpg"))
    for (reduction, width, height) in [(1, 21, 34), (1.9, 21, 34), (2, 11, 17), (7.9, 6, 9), (100, 3, 5)] {
      let picture = try encoded.decoded(reducedUpTo: reduction)
      #expect((picture.width, picture.height) == (width, height), "reduction \(reduction)")
    }
  }

  /// A picture of 40,000×40,000 pixels in 78 bytes: refused by what its header says.
  @Test func bombsAreRefusedBeforeTheyAreDecoded() throws {
    var png = try PictureFixtures.bytes("grey.png")
    for place in [16, 20] { png.replaceSubrange(place..<place + 4, with: [0, 0, 0x9C, 0x40]) }
    let error = #expect(throws: PictureError.self) { try EncodedPicture(png, path: "bomb.png") }
    #expect(error?.description == "bomb.png: its 40000×40000 pixels are more than the 89 million that are decoded; make it smaller")
  }

  @Test(arguments: [
    ("", "it is empty"), ("GIF89a", "it is a GIF picture"), ("RIFF    WEBPVP8 ", "it is a WebP picture"),
    ("BM      ", "it is a BMP picture"), ("II*\0    ", "it is a TIFF picture"), ("a text", "it is no picture"),
  ])
  func otherFilesAreNamed(text: String, problem: String) {
    let error = #expect(throws: PictureError.self) { try Picture(decoding: Array(text.utf8), path: "a") }
    #expect(error?.description == "a: \(problem); PNG and JPEG are read")
  }

  @Test(arguments: ["color.jpg", "progressive.jpg", "grey.jpg", "color.png", "palette-16.png"])
  func everyTruncationIsAnError(name: String) throws {
    let bytes = try PictureFixtures.bytes(name)
    // A PNG file's last bytes are the checksum of an end marker that holds nothing.
    for count in 0..<bytes.count - 4 {
      #expect(throws: PictureError.self, "cut to \(count)") { try Picture(decoding: Array(bytes[..<count])) }
    }
  }
}
