import CMatIO
import Faces
import Files
import Foundation
import Pictures
import TestSupport
import Testing

@testable import Datasets

/// Drawn faces as the `wiki_crop` photographs are stored.
@Suite struct FaceFolderTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func contents(_ name: String) throws -> [String: [UInt8]] {
    let names = try FolderContents(folder(name)).names
    return try Dictionary(uniqueKeysWithValues: names.map { ($0, try InputFile.contents(of: folder(name).appending(path: $0))) })
  }

  /// The file's table gives the ages that were drawn, by the rule of those who use the photographs.
  @Test func theTableGivesTheAgesThatWereDrawn() throws {
    let faces = FaceCollection(seed: 4)
    var reports = [Int]()
    try FaceFolder(faces, count: 300, size: 32).write(to: folder("wiki")) { reports.append($0) }
    #expect(reports == [0, 256, 300])
    #expect(try folder.names == ["wiki"])
    let table = try WikiTable(folder("wiki/wiki.mat"))
    #expect(table.fields == WikiMetadata.fields)
    #expect(Set(table.counts) == [300])
    for index in 0..<300 {
      let path = table.path(index), face = faces[index]
      let picture = try EncodedPicture(contentsOf: folder("wiki").appending(path: path))
      #expect(picture.width == 32 && picture.height == 32 && picture.format == .jpeg)
      // MATLAB's day 1 is the first of January of the year 0, 719,529 days before 1970.
      let born = Date(timeIntervalSince1970: 86400 * (table.number("dob", index) - 719_529))
      var calendar = Calendar(identifier: .gregorian)
      calendar.timeZone = TimeZone(identifier: "UTC")!
      let parts = calendar.dateComponents([.year, .month, .day], from: born)
      let age = Int(table.number("photo_taken", index)) - parts.year! - (parts.month! >= 7 ? 1 : 0)
      #expect(age == face.age, "\(path)")
      let name = String(format: "%02d/%d_%04d-%02d-%02d_", index % 100, index, parts.year!, parts.month!, parts.day!)
      #expect(path.hasPrefix(name), "\(path) \(name)")
      #expect(table.number("gender", index) == (face.identity.isMale ? 1 : 0))
      #expect(table.number("second_face_score", index).isNaN && table.number("face_score", index) > 0)
      let decoded = try picture.decoded(over: .white), difference = zip(decoded.pixels, face.drawn(size: 32).pixels)
      let sum: Int = difference.reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
      #expect(sum < 32 * 32 * 3 * 4)
    }
  }

  @Test func theSameBytesEachTime() throws {
    for name in ["a", "b"] { try FaceFolder(FaceCollection(seed: 4), count: 130, size: 16).write(to: folder(name)) }
    try FaceFolder(FaceCollection(seed: 5), count: 130, size: 16).write(to: folder("c"))
    #expect(try contents("a") == contents("b"))
    #expect(try contents("a")["wiki.mat"] != contents("c")["wiki.mat"])
  }

  /// What fails halfway leaves nothing; what is there is kept; what a killed process left is removed.
  @Test func allOfItOrNothing() throws {
    struct Stop: Error {}
    let faces = FaceFolder(FaceCollection(seed: 4), count: 300, size: 16)
    #expect(throws: Stop.self) { try faces.write(to: folder("wiki")) { if $0 > 0 { throw Stop() } } }
    #expect(try folder.names.isEmpty)

    let file = try folder.write([1], "full/file")
    for name in ["full", "full/file", "full/file/below"] {
      #expect(throws: FileError.self) { try faces.write(to: folder(name)) }
    }
    #expect(try InputFile.contents(of: file) == [1])
    #expect(try folder.names == ["full"])

    try createFolder(folder("empty"))
    try createFolder(folder(".empty.2147483000.abc.partial/00"))
    try createFolder(folder(".empty.other.2147483000.abc.partial"))
    try FaceFolder(FaceCollection(seed: 4), count: 1, size: 16).write(to: folder("empty"))
    #expect(try contents("empty").keys.sorted().last == "wiki.mat")
    #expect(try folder.names == [".empty.other.2147483000.abc.partial", "empty", "full"])
  }

  @Test func daysAreThoseOfMATLAB() {
    for (date, day) in [((1, 1, 1), 367), ((1970, 1, 1), 719_529), ((2000, 2, 29), 730_545), ((1895, 12, 31), 692_500)] {
      #expect(WikiEntry.day(year: date.0, month: date.1, day: date.2) == day, "\(date)")
    }
  }
}

/// What libmatio reads of a `wiki.mat`.
private final class WikiTable {
  private let variable: UnsafeMutablePointer<matvar_t>

  init(_ url: URL) throws {
    let file = try #require(Mat_Open(url.path, Int32(MAT_ACC_RDONLY.rawValue)))
    defer { Mat_Close(file) }
    variable = try #require(Mat_VarRead(file, "wiki"))
  }

  deinit { Mat_VarFree(variable) }

  private func field(_ name: String) -> UnsafeMutablePointer<matvar_t> { Mat_VarGetStructFieldByName(variable, name, 0)! }

  var fields: [String] {
    let names = Mat_VarGetStructFieldnames(variable)!
    return (0..<Int(Mat_VarGetNumberOfFields(variable))).map { String(cString: names[$0]!) }
  }

  var counts: [Int] { fields.map { field($0).pointee.dims[1] } }

  func number(_ name: String, _ index: Int) -> Double {
    let field = field(name), data = field.pointee.data!
    return switch field.pointee.class_type {
    case MAT_C_INT32: Double(data.assumingMemoryBound(to: Int32.self)[index])
    case MAT_C_UINT16: Double(data.assumingMemoryBound(to: UInt16.self)[index])
    default: data.assumingMemoryBound(to: Double.self)[index]
    }
  }

  func path(_ index: Int) -> String {
    let cell = Mat_VarGetCell(field("full_path"), Int32(index))!.pointee
    return String(decoding: UnsafeRawBufferPointer(start: cell.data, count: cell.nbytes), as: UTF8.self)
  }
}
