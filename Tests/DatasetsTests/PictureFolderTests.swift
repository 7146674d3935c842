import Files
import Foundation
import Pictures
import Synchronization
import TestSupport
import Testing

@testable import Datasets

/// A picture of one brightness, with its PNG or JPEG file.
func plainPicture(_ brightness: UInt8, width: Int = 12, height: Int = 12) -> Picture {
  Picture(width: width, height: height, channels: 1, filledWith: brightness)
}

/// Pictures that Pillow made for the tests of `Pictures`.
func pictureFixture(_ name: String) throws -> [UInt8] {
  let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  return try InputFile.contents(of: tests.appending(path: "PicturesTests/Fixtures/\(name)"))
}

/// What a data set tells people.
final class Notices: Sendable {
  private let said = Mutex([String]())
  var lines: [String] { said.withLock { $0 } }
  var note: @Sendable (String) -> Void { { line in self.said.withLock { $0.append(line) } } }
}

@Suite struct PictureFolderTests {
  let folder: TemporaryFolder
  let notices = Notices()
  init() throws { folder = try TemporaryFolder() }

  func add(_ name: String, _ brightness: UInt8, width: Int = 12, height: Int = 12) throws {
    _ = try folder.write(plainPicture(brightness, width: width, height: height).png(), name)
  }

  func dataset(
    _ shape: [Int] = [4, 4, 1], _ settings: PictureSettings = .init(), bound: Int = 1 << 20
  ) throws -> PictureFolder {
    try PictureFolder(folder.url, imageShape: shape, settings: settings, bound: bound, notice: notices.note)
  }

  /// The brightness of each picture, and its label.
  func contents(_ data: some Dataset) throws -> [[Int]] {
    try (0..<data.count).map { index in
      var draw = RandomWords(seed: 1, epoch: 0, purpose: .sample(index))
      let sample = try data.sample(index, &draw)
      return [Int((sample[0].values[0] * 255).rounded())] + sample.dropFirst().map { Int($0.values[0]) }
    }
  }

  @Test func foldersAreClassesAndPathsTheOrder() throws {
    try add("dog/b.png", 30)
    try add("dog/a/deep.png", 20, width: 30, height: 7)
    try add("cat/z.png", 10, width: 3, height: 2)
    try add(".hidden/x.png", 99)
    let data = try dataset()
    #expect(data.field("label")?.classNames == ["cat", "dog"] && data.field("image")?.shape == [4, 4, 1])
    #expect(try contents(data) == [[10, 0], [20, 1], [30, 1]])
    #expect(notices.lines.isEmpty)
  }

  @Test func picturesAtTheTopHaveNoClass() throws {
    try add("a.png", 1)
    #expect(try dataset().fields.count == 1)
    try add("more/b.png", 2)
    #expect(try contents(dataset()) == [[1], [2]])
    #expect(
      notices.lines == ["\(folder.url.lastPathComponent): 1 picture lies beside the folders, so folders are not taken for classes"])
  }

  @Test func labelsComeFromATable() throws {
    for (number, name) in ["10.png", "sub/b,c.png", "a.png"].enumerated() { try add(name, UInt8(number)) }
    _ = try folder.write(Array("file,label\r\n10.png,10\n\"sub/b,c.png\", 9\na.png,10\ngone.png,9\n".utf8), "labels.csv")
    let data = try dataset()
    #expect(data.field("label")?.classNames == ["9", "10"])
    #expect(try contents(data) == [[0, 1], [2, 1], [1, 0]])
    #expect(notices.lines[0].hasSuffix("1 line of labels.csv names a file not there"))
    _ = try folder.write(Array("10.png,1\n".utf8), "labels.csv")
    #expect(message { _ = try dataset() }.hasSuffix("labels.csv has no line for “a.png”; add one, or take the picture away"))
    _ = try folder.write(Array("10.png;1\n".utf8), "labels.csv")
    #expect(message { _ = try dataset() }.hasSuffix("labels.csv, line 1: a file's name, a comma and its label are expected"))
  }

  /// Cut short, which is seen at once, and damaged within, which only decoding sees.
  @Test func whatCannotBeReadIsNamedAndShiftsNoLabel() throws {
    for index in 0..<6 { try add("\(index % 2)/\(index).png", UInt8(10 * index)) }
    let jpeg = try pictureFixture("color.jpg")
    _ = try folder.write(Array(jpeg.dropLast(400)), "0/1-cut.jpg")
    var damaged = try plainPicture(7).png()
    damaged[45] ^= 0xFF
    _ = try folder.write(damaged, "0/3-damaged.png")
    _ = try folder.write(Array("no picture".utf8), "1/text.png")
    _ = try folder.write(Array("no picture".utf8), "1/readme.txt")
    let data = try dataset()
    // In place of the damaged one comes the next.
    #expect(try contents(data) == [[0, 0], [20, 0], [40, 0], [40, 0], [10, 1], [30, 1], [50, 1]])
    #expect(data.unreadable.map(\.name) == ["0/1-cut.jpg", "1/text.png", "0/3-damaged.png"])
    #expect(notices.lines[0].hasPrefix("0/1-cut.jpg is left out: cannot decode JPEG: "))
    #expect(notices.lines[1] == "1/text.png is left out: it is no picture; PNG and JPEG are read")
    #expect(notices.lines[2] == "2 files that cannot be read, 7 pictures left")
    #expect(notices.lines[3].hasPrefix("0/3-damaged.png is left out: cannot decode PNG: ") && notices.lines.count == 4)
    _ = try contents(data)
    #expect(notices.lines.count == 4, "each is named once")
  }

  @Test func aFolderWithoutPicturesIsAnError() throws {
    #expect(message { _ = try dataset() }.contains("holds no files; give a folder of pictures"))
    for index in 0..<3 { _ = try folder.write(Array("text".utf8), "\(index).txt") }
    #expect(message { _ = try dataset() }.contains("holds 3 files, none of which is a PNG or JPEG picture; give"))
    _ = try folder.write(Array("GIF89a".utf8), "a.gif")
    #expect(
      message { _ = try dataset() }
        .hasSuffix("holds no picture that can be read; 1 cannot be, “a.gif” because it is a GIF picture; PNG and JPEG are read"))
    #expect(message { _ = try PictureListing(folder("nowhere")) }.contains("there is no such folder"))
  }

  @Test func smallAndLargePicturesBecomeTheSizeAskedFor() throws {
    try add("a.png", 50, width: 1, height: 1)
    try add("b.png", 60, width: 300, height: 2)
    let data = try dataset([64, 32, 3])
    var draw = RandomWords(seed: 1, epoch: 0, purpose: .sample(0))
    for index in 0..<2 { #expect(try data.sample(index, &draw)[0].shape == [64, 32, 3]) }
    #expect(message { _ = try dataset([4, 4, 2]) }.contains("that is not [height, width, channels] with 1 or 3 channels"))
  }

  /// A picture that is black on the left and white on the right.
  func addHalves(width: Int = 16, height: Int = 16) throws {
    let pixels = (0..<width * height).map { UInt8($0 % width < width / 2 ? 0 : 255) }
    _ = try folder.write(Picture(width: width, height: height, channels: 1, pixels: pixels).png(), "halves.png")
  }

  @Test func cropsAndFlipsFollowTheDraw() throws {
    try addHalves()
    func image(_ settings: PictureSettings, epoch: Int) throws -> [Float] {
      var draw = RandomWords(seed: 3, epoch: epoch, purpose: .sample(0))
      return try dataset([8, 8, 1], settings).sample(0, &draw)[0].values
    }
    let flipped = try (0..<40).map { try image(PictureSettings(flip: true), epoch: $0)[0] == 1 }
    #expect((8...32).contains(flipped.count { $0 }))
    #expect(try image(PictureSettings(flip: true), epoch: 5) == image(PictureSettings(flip: true), epoch: 5))
    let places = try Set((0..<40).map { try image(PictureSettings(crop: .random), epoch: $0) })
    #expect(places.count == 2, "one pixel more each way, of which only the columns differ")
    try addHalves(width: 32)
    // Of a picture twice as wide the middle half, or all of it.
    #expect(try image(PictureSettings(resize: .box), epoch: 0)[..<8] == [0, 0, 0, 0, 1, 1, 1, 1])
    #expect(try image(PictureSettings(resize: .box, crop: .fit), epoch: 0)[..<8] == [0, 0, 0, 0, 1, 1, 1, 1])
  }

  @Test func whatIsBeyondTheBoundIsDecodedAgain() throws {
    for index in 0..<20 { try add("\(10 + index).png", UInt8(index)) }
    for bound in [0, 5 * 16, 1 << 20] {
      let data = try dataset(bound: bound)
      for _ in 0..<3 {
        data.anticipate(Array(0..<20))
        #expect(try contents(data).map { $0[0] } == Array(0..<20), "bound \(bound)")
      }
    }
    let cache = PictureCache(bound: 5 * 16) { _ in [UInt8](repeating: 0, count: 16) }
    for _ in 0..<3 {
      cache.anticipate(Array(0..<20))
      for index in 0..<20 { _ = try cache.pixels(index) }
      #expect(cache.keptCount == 5 && cache.entryCount == 5)
    }
  }

  @Test func theFingerprintFollowsContentsNotTimes() throws {
    try add("a/1.png", 1)
    try add("b/2.png", 2)
    let first = try dataset().fingerprint
    try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: folder("a/1.png").path)
    #expect(try dataset().fingerprint == first)
    var others = try [dataset([5, 4, 1]).fingerprint, dataset([4, 4, 1], .init(flip: true)).fingerprint, first]
    try add("b/2.png", 3)
    others.append(try dataset().fingerprint)
    try FileManager.default.moveItem(at: folder("b/2.png"), to: folder("a/2.png"))
    others.append(try dataset().fingerprint)
    #expect(Set(others).count == others.count)
  }

  @Test func lookingAgainFindsWhatIsAlike() throws {
    let photograph = try Picture(decoding: pictureFixture("color.jpg"))
    _ = try folder.write(photograph.png(), "a.png")
    _ = try folder.write(pictureFixture("color.jpg"), "b.jpg")
    _ = try folder.write(photograph.resized(width: 68, height: 42, by: .bicubic).png(), "c.png")
    _ = try folder.write(photograph.mirrored().png(), "d.png")
    let survey = try PictureSurvey(PictureListing(folder.url))
    #expect(survey.alike == [[0, 1, 2]] && survey.unreadable.isEmpty)
  }

  @Test func alikeIsAFewBitsApartByWayOfOthers() {
    let hashes = [0, 1 << 63, 0xFF, 3 << 62, 0xFF00_0000_0000].map { DifferenceHash(bits: $0) }
    #expect(DifferenceHash.groups(of: hashes, within: 1) == [[0, 1, 3]])
    #expect(DifferenceHash.groups(of: hashes, within: 0).isEmpty)
    #expect(DifferenceHash.groups(of: hashes + hashes, within: 0).count == 5)
  }
}
