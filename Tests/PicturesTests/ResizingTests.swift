import Interchange
import TestSupport
import Testing

@testable import Pictures

@Suite struct ResizingTests {
  static let cases: [(name: String, source: String, filter: ResizeFilter, width: Int, height: Int, isPart: Bool)] = {
    let names: [String]
    do {
      names = try SafetensorsFile(contentsOf: PictureFixtures.folder.appending(path: "resize.safetensors")).names
    } catch {
      // The list of a test's arguments has no other way to fail.
      fatalError("resize.safetensors: \(error)")
    }
    return names.sorted().compactMap { name in
      let words = name.split(separator: " ")
      guard words.count >= 3, let filter = ResizeFilter(rawValue: String(words[1])) else { return nil }
      let size = words[2].split(separator: "x").map { Int($0)! }
      return (name, String(words[0]), filter, size[0], size[1], words.count == 4)
    }
  }()

  @Test func resizedPicturesArePillows() throws {
    #expect(Self.cases.count == 108)
    for (name, source, filter, width, height, isPart) in Self.cases {
      let picture = try PictureFixtures.picture(source, in: "resize")
      let part = PicturePart(
        x: 2.25, y: 1.5, width: Double(picture.width) - 3.5 - 2.25, height: Double(picture.height) - 0.75 - 1.5)
      let resized = picture.resized(width: width, height: height, by: filter, of: isPart ? part : nil)
      #expect(try resized == PictureFixtures.picture(name, in: "resize"), "\(name)")
    }
  }

  /// As the definition has it, computed by NumPy in numbers of double precision.
  @Test func matlabsPicturesAreThoseOfItsDefinition() throws {
    for source in ["color", "grey", "tiny"] {
      let picture = try PictureFixtures.picture(source, in: "matlab")
      for (scale, isLarger) in [(2, false), (4, false), (2, true)] {
        let (width, height) =
          isLarger ? (picture.width * scale, picture.height * scale) : (picture.width / scale, picture.height / scale)
        let expected = try PictureFixtures.picture("\(source) \(width)x\(height)", in: "matlab")
        #expect(picture.resized(width: width, height: height, by: .matlab) == expected, "\(source) to \(width)×\(height)")
      }
    }
    // Where the edges are, and how it is rounded, makes another picture than Pillow's.
    let picture = try PictureFixtures.picture("color", in: "matlab")
    #expect(picture.resized(width: 8, height: 12, by: .matlab) != picture.resized(width: 8, height: 12, by: .bicubic))
  }

  @Test func theLargestMiddlePartKeepsProportions() {
    let part = PicturePart.center(of: (100, 40), width: 64, height: 64)
    #expect(part == PicturePart(x: 30, y: 0, width: 40, height: 40))
    #expect(PicturePart.center(of: (10, 40), width: 20, height: 40) == PicturePart(x: 0, y: 10, width: 10, height: 20))
  }

  @Test func colorsBecomeGreyAndBack() {
    let picture = Picture(width: 2, height: 1, channels: 3, pixels: [255, 0, 0, 10, 200, 30])
    #expect(picture.converted(toChannels: 1).pixels == [76, 124])
    #expect(picture.converted(toChannels: 1).converted(toChannels: 3).pixels == [76, 76, 76, 124, 124, 124])
    #expect(picture.mirrored().pixels == [10, 200, 30, 255, 0, 0])
  }
}
