import Faces
import Files
import Foundation
import Interchange
import Pictures
import TestSupport
import Testing

@testable import Datasets

/// Photographs of which a table says how old the people are; `Fixtures/wiki.py` makes the tables.
@Suite struct AgedPhotographsTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private static let names = ["a", "b", "c", "sub/ü", "d", "e", "f", "g", "h"]

  /// The pictures that the tables name, but for one, with one of them.
  private func fill(table: String) throws {
    try createFolder(folder("in/sub"))
    for name in Self.names { try picture.write(to: folder("in/\(name).png")) }
    let table = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(table).mat")
    _ = try folder.write(InputFile.contents(of: table), "in/wiki.mat")
  }

  private var picture: Picture { Picture(width: 8, height: 8, channels: 3, filledWith: 90) }

  @Test func aTableGivesAgesAndWhatCannotBeUsed() throws {
    try fill(table: "wiki")
    _ = try folder.write([1, 2, 3], "in/c.png")
    let listing = try PictureListing(folder("in"))
    // Born in June they are 30, in July 29.
    #expect(listing.files.map(\.name) == ["a.png", "b.png", "sub/ü.png"])
    #expect(listing.files.map(\.label) == [2, 1, 0])
    #expect(listing.classNames == ["0-18", "19-29", "30-39", "40-49", "50-59", "60+"])
    #expect(listing.unreadable.map(\.name) == ["c.png"])
    #expect(
      listing.notes == [
        "9 of 13 photographs are left out: 2 of impossible age, 2 outside of the folder, 1 named twice, 1 not there, "
          + "1 of unknown age, 1 with two faces, 1 without a face"
      ])
    // The dataset's labels are those of its pictures, whatever was left out.
    let split = try DatasetLocator(environment: [:]).load(folder("in").path, imageShape: [8, 8, 3]) { _ in }
    #expect(try (0..<3).map { try split.training.label($0) } == [2, 1, 0])
  }

  @Test func scoresNeedNotBeThere() throws {
    try fill(table: "wiki-plain")
    let listing = try PictureListing(folder("in"))
    #expect(listing.files.map(\.name) == ["a.png", "b.png", "c.png", "d.png", "e.png", "sub/ü.png"])
    // Of the two ages of a.png the first counts; c.png shows somebody of 60.
    #expect(listing.files.map(\.label) == [2, 1, 5, 2, 2, 0])
  }

  @Test(arguments: [
    ("wiki-lacking", "wiki.mat, variable “wiki”: it has no field “photo_taken”, only “dob”, “full_path”"),
    ("wiki-shorter", "wiki.mat, variable “wiki”: its dob has 5 numbers for 13 photographs"),
    ("wiki-numbers", "wiki.mat, variable “wiki”: it is no structure with full_path, dob and photo_taken"),
  ])
  func saysWhatIsWrongWithATable(name: String, problem: String) throws {
    try fill(table: name)
    #expect(message { _ = try PictureListing(folder("in")) }.hasSuffix(problem))
  }

  @Test func saysThatATableIsCutShortOrOfNothing() throws {
    try fill(table: "wiki")
    let whole = try InputFile.contents(of: folder("in/wiki.mat"))
    for count in [0, 100, 140, whole.count - 20] {
      try FileManager.default.removeItem(at: folder("in/wiki.mat"))
      _ = try folder.write(Array(whole[..<count]), "in/wiki.mat")
      #expect(message { _ = try PictureListing(folder("in")) }.contains("wiki.mat, "), "\(count)")
    }
    try FileManager.default.removeItem(at: folder("in/wiki.mat"))
    _ = try folder.write(whole, "alone/wiki.mat")
    #expect(
      message { _ = try PictureListing(folder("alone")) }.contains(
        "names no photograph of a face that can be used: 13 of 13 photographs are left out: 6 not there, "))
  }

  /// What the program itself writes.
  @Test func drawnFacesAreReadAsTheyWereDrawn() throws {
    let faces = FaceCollection(seed: 4)
    try FaceFolder(faces, count: 130, size: 16).write(to: folder("wiki"))
    let listing = try PictureListing(folder("wiki"))
    #expect(listing.files.count == 130 && listing.notes.isEmpty)
    for file in listing.files {
      let number = try #require(Int(file.url.lastPathComponent.prefix { $0 != "_" }))
      #expect(file.label == faces[number].ageGroup.rawValue, "\(file.name)")
    }
  }

  @Test func agesComeFromATableOfLines() throws {
    for name in ["a", "b", "c"] { try picture.write(to: folder("\(name).png")) }
    _ = try folder.write(Array("file,age\na.png,62.5\nb.png,unknown\nc.png,18\ngone.png,30\n".utf8), "labels.csv")
    let listing = try PictureListing(folder.url)
    #expect(listing.files.map(\.name) == ["a.png", "c.png"] && listing.files.map(\.label) == [5, 0])
    #expect(listing.notes == ["2 of 4 photographs are left out: 1 not there, 1 of unknown age"])
    _ = try folder.write(Array("file,age\na.png,old\n".utf8), "labels.csv")
    #expect(
      message { _ = try PictureListing(folder.url) }.hasSuffix(
        "labels.csv has “old” as the age of “a.png”; ages are numbers of years"))
  }

  @Test func daysGoBothWays() {
    for year in stride(from: 1890, through: 2030, by: 7) {
      for month in 1...12 {
        for day in [1, 28] {
          let date = WikiEntry.yearAndMonth(ofDay: WikiEntry.day(year: year, month: month, day: day))
          #expect(date == (year, month))
        }
      }
    }
    #expect(WikiEntry.yearAndMonth(ofDay: 730_545) == (2000, 2) && WikiEntry.yearAndMonth(ofDay: 730_546) == (2000, 3))
    #expect(WikiEntry.yearAndMonth(ofDay: 1) == (0, 1) && WikiEntry.yearAndMonth(ofDay: 366) == (0, 12))
  }
}
