import Foundation
import TestSupport
import Testing

@testable import Datasets

@Suite struct IDXTests {
  @Test(arguments: [false, true])
  func readsImagesPlainAndGzipped(compressed: Bool) throws {
    let folder = try TemporaryFolder()
    let bytes = idx([5, 4, 3])
    let images = try IDXImages(contentsOf: folder.write(compressed ? gzip(bytes) : bytes, "images"))
    #expect(images.count == 5)
    #expect(images.imageShape == [4, 3, 1])
    #expect(images.pixels == (0..<60).map { UInt8($0) })
  }

  @Test func readsColourImagesAndLabels() throws {
    let folder = try TemporaryFolder()
    #expect(try IDXImages(contentsOf: folder.write(idx([2, 4, 4, 3]), "images")).imageShape == [4, 4, 3])
    #expect(try IDXLabels(contentsOf: folder.write(idx([3], contents: [7, 0, 9]), "labels")).values == [7, 0, 9])
  }

  @Test func readsGzipMembersOneAfterTheOther() throws {
    let folder = try TemporaryFolder()
    let bytes = idx([5, 4, 3])
    let images = try IDXImages(contentsOf: folder.write(gzip(Array(bytes[..<20])) + gzip(Array(bytes[20...])), "a"))
    #expect(images.pixels.count == 60)
  }

  /// What Python's `gzip` reads: all that a header may hold, several members, zeros behind them. See the script
  /// beside the fixtures.
  @Test(arguments: ["header", "members", "padded", "padded-members", "empty-member", "stored"])
  func readsGzipAsPythonDoes(name: String) throws {
    let images = try IDXImages(contentsOf: fixture("\(name).gz"))
    #expect(images.imageShape == [4, 3, 1])
    #expect(images.pixels == (0..<60).map { UInt8($0) })
  }

  @Test(arguments: ["u1", "i1", "i2", "i4", "f4", "f8"])
  func readsEveryTypeThatHoldsBytes(type: String) throws {
    #expect(try IDXImages(contentsOf: fixture("images-\(type).idx")).pixels == (0..<60).map { UInt8($0) })
    #expect(try IDXLabels(contentsOf: fixture("labels-\(type).idx")).values == [7, 0, 9])
  }

  @Test func readsManyElementsOfAWideType() throws {
    let folder = try TemporaryFolder()
    let contents = (0..<50_000).flatMap { [UInt8(0), UInt8($0 % 251)] }
    let images = try IDXImages(contentsOf: folder.write(idx([500, 10, 10], type: 0x0B, contents: contents), "a"))
    #expect(images.pixels == (0..<50_000).map { UInt8($0 % 251) })
  }

  private func fixture(_ name: String) -> URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/\(name)")
  }

  /// What is wrong with a file, where, and what the message must say.
  struct Damage: Sendable, CustomTestStringConvertible {
    let what: String
    let bytes: [UInt8]
    let byte: Int
    let says: String
    var testDescription: String { what }
  }

  static let damages: [Damage] = {
    let good = idx([5, 4, 3]), compressed = gzip(good)
    func changed(_ bytes: [UInt8], _ index: Int, to value: UInt8) -> [UInt8] {
      var bytes = bytes
      bytes[index] = value
      return bytes
    }
    return [
      Damage(what: "empty", bytes: [], byte: 0, says: "is empty"),
      Damage(what: "ends in header", bytes: Array(good[..<9]), byte: 9, says: "ends within the IDX header"),
      Damage(what: "no IDX", bytes: Array("\u{89}PNG and so on".utf8), byte: 0, says: "not an IDX file"),
      Damage(
        what: "half", bytes: idx([1, 1, 2], type: 0x0D, contents: [0x3F, 0x80, 0, 0, 0x3F, 0, 0, 0]), byte: 20,
        says: "element 1 is 0.5; images are whole numbers from 0 to 255, here as 32-bit floats"),
      Damage(
        what: "not a number", bytes: idx([1, 1, 1], type: 0x0E, contents: [0x7F, 0xF8, 0, 0, 0, 0, 0, 0]), byte: 16,
        says: "element 0 is nan"),
      Damage(what: "negative", bytes: idx([1, 1, 1], type: 0x09, contents: [0xFF]), byte: 16, says: "element 0 is -1"),
      Damage(what: "large", bytes: idx([1, 1, 1], type: 0x0B, contents: [1, 0]), byte: 16, says: "element 0 is 256"),
      Damage(
        what: "wide, cut short", bytes: idx([1, 1, 2], type: 0x0C, contents: [0, 0, 0, 1, 0]), byte: 21,
        says: "3 bytes short of the 1×1×2"),
      Damage(
        what: "wide, cut short, gzipped", bytes: gzip(idx([1, 1, 2], type: 0x0C, contents: [0, 0, 0, 1, 0])), byte: 21,
        says: "3 bytes short of the 1×1×2"),
      Damage(what: "xz", bytes: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], byte: 0, says: "compressed with xz"),
      Damage(what: "zip", bytes: Array("PK\u{3}\u{4}".utf8), byte: 0, says: "zip archive"),
      Damage(what: "unknown type", bytes: idx([5, 4, 3], type: 0x42), byte: 2, says: "unknown type 66"),
      Damage(what: "labels", bytes: idx([5]), byte: 3, says: "has 1 dimensions; images have 3 or 4"),
      Damage(what: "no images", bytes: idx([0, 28, 28]), byte: 4, says: "holds no images: its size is 0×28×28"),
      Damage(what: "no pixels", bytes: idx([5, 0, 28]), byte: 8, says: "holds no images"),
      Damage(what: "cut short", bytes: good.dropLast(7), byte: 69, says: "7 bytes short of the 5×4×3"),
      Damage(what: "too long", bytes: good + [0], byte: 76, says: "more bytes than the 5×4×3"),
      Damage(
        what: "huge", bytes: idx([0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFF], contents: [1]), byte: 4,
        says: "more than the file can hold"),
      Damage(
        what: "huge, gzipped", bytes: gzip(idx([0xFFFF_FFFF, 0xFFFF_FFFF, 1], contents: [1])), byte: 4,
        says: "more than the file can hold"),
      Damage(
        what: "gzipped, too short inside", bytes: gzip(good.dropLast(7)), byte: 69, says: "7 bytes short of the 5×4×3"),
      Damage(what: "gzipped, too long inside", bytes: gzip(good + [0]), byte: 76, says: "more bytes than the 5×4×3"),
      Damage(what: "gzip cut short", bytes: compressed.dropLast(12), byte: 16, says: "cut short"),
      Damage(what: "gzip without its checksum", bytes: compressed.dropLast(8), byte: 76, says: "cut short"),
      Damage(
        what: "gzip with a wrong checksum",
        bytes: changed(compressed, compressed.count - 8, to: compressed[compressed.count - 8] ^ 1), byte: 76,
        says: "incorrect data check"),
      Damage(
        what: "gzip with a wrong length",
        bytes: changed(compressed, compressed.count - 1, to: 9), byte: 76, says: "incorrect length check"),
      Damage(what: "garbage after padding", bytes: compressed + [0, 0, 1], byte: 76, says: "cut short"),
      Damage(what: "garbage after gzip", bytes: compressed + [1, 2, 3], byte: 76, says: "incorrect header check"),
    ]
  }()

  @Test(arguments: damages)
  func damageIsNamedWithItsPlace(_ damage: Damage) throws {
    let folder = try TemporaryFolder()
    let url = try folder.write(damage.bytes, "images")
    let error = #expect(throws: DatasetError.self) { try IDXImages(contentsOf: url) }
    guard case .damaged(let path, let byte, let problem)? = error else {
      Issue.record("unexpected \(String(describing: error))")
      return
    }
    #expect(path == url.path)
    #expect(byte == damage.byte)
    #expect(problem.contains(damage.says))
  }

  /// However a file is cut, the reader says so and does not stop the program.
  @Test(arguments: [false, true])
  func everyTruncationIsAnError(compressed: Bool) throws {
    let folder = try TemporaryFolder()
    let whole = compressed ? gzip(idx([5, 4, 3])) : idx([5, 4, 3])
    for length in whole.indices {
      let url = try folder.write(Array(whole[..<length]), "images")
      #expect(throws: DatasetError.self, "cut to \(length) bytes") { try IDXImages(contentsOf: url) }
    }
  }
}
