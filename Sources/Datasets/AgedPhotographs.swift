import Faces
import Files
import Foundation
import Interchange
import Volumes

/// Which photographs of a folder show a face of a known age, and which do not, by reason.
struct AgedPhotographs {
  /// Ages that people reach, in years.
  static let possibleAges = 1...120

  /// Of those that can be used, by their names from the folder on.
  private(set) var groups: [String: AgeGroup] = [:]
  /// How many cannot be used, by reason.
  private(set) var leftOut: [String: Int] = [:]
  /// All of them.
  private(set) var count = 0

  /// What people are told of those that are left out; nil if none are.
  var note: String? {
    guard !leftOut.isEmpty else { return nil }
    let reasons = leftOut.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($1) \($0)" }
    return "\(leftOut.values.reduce(0, +)) of \(count) photographs are left out: \(reasons.joined(separator: ", "))"
  }

  /// - Parameter isThere: Whether there is such a file.
  private mutating func add(_ name: String, age: Int?, problem: String? = nil, isThere: (String) -> Bool) {
    count += 1
    func reason() -> String? {
      if let problem { return problem }
      guard let age else { return "of unknown age" }
      guard Self.possibleAges.contains(age) else { return "of impossible age" }
      // A table is somebody's file: nothing outside of its folder is read for it.
      if name.isEmpty || name.hasPrefix("/") || name.split(separator: "/").contains("..") { return "outside of the folder" }
      guard isThere(name) else { return "not there" }
      return groups[name] == nil ? nil : "named twice"
    }
    if let reason = reason() { leftOut[reason, default: 0] += 1 } else { groups[name] = AgeGroup(age: age!) }
  }

  /// Of lines `file,age`.
  ///
  /// - Throws: If an age is no number.
  init(_ labels: PictureLabels, names: [String]) throws {
    let there = Set(names)
    for (name, age) in try labels.ages() { add(name, age: age, isThere: there.contains) }
  }

  /// The tables of the photographs that Rothe, Timofte and Van Gool (2015) collected, and the structures in them.
  static let tables = ["wiki.mat", "imdb.mat"]

  /// Of a table that lies in the folder.
  ///
  /// - Throws: `FileError` or `InterchangeError` if it cannot be read, is damaged or lacks a field.
  init(table: URL) throws {
    try self.init(InputFile.contents(of: table, largest: 1 << 30), of: table)
  }

  /// - Parameter table: Where these bytes are from.
  init(_ bytes: [UInt8], of table: URL) throws {
    let variable = table.deletingPathExtension().lastPathComponent, path = table.path
    let contents = try MATVariable(bytes, named: variable, path: path).contents
    func wrong(_ problem: String) -> InterchangeError {
      InterchangeError(path: path, place: "variable “\(variable)”", problem: problem)
    }
    guard case .structure(let fields) = contents else { throw wrong("it is no structure with full_path, dob and photo_taken") }
    func field(_ name: String) throws -> MATVariable {
      guard let field = fields[name] else {
        throw wrong(
          "it has no field “\(name)”, only \(fields.keys.sorted().map { $0.quotedForMessage }.prefix(10).joined(separator: ", "))")
      }
      return field
    }
    guard case .cells(let paths) = try field("full_path").contents else { throw wrong("its full_path has no texts") }
    func numbers(_ name: String) throws -> [Double] {
      guard case .numbers(let numbers) = try field(name).contents else { throw wrong("its \(name) has no numbers") }
      guard numbers.count == paths.count else {
        throw wrong("its \(name) has \(numbers.count) numbers for \(paths.count) photographs")
      }
      return numbers.doubles
    }
    let births = try numbers("dob"), years = try numbers("photo_taken")
    let scores = fields["face_score"] == nil ? nil : try numbers("face_score")
    let seconds = fields["second_face_score"] == nil ? nil : try numbers("second_face_score")
    let folder = table.deletingLastPathComponent()
    for (index, cell) in paths.enumerated() {
      guard let name = cell.text else { throw wrong("its full_path \(index + 1) is no text") }
      let problem: String? =
        if let score = scores?[index], !score.isFinite {
          "without a face"
        } else if let second = seconds?[index], !second.isNaN {
          "with two faces"
        } else {
          nil
        }
      add(name, age: Self.age(born: births[index], year: years[index]), problem: problem) {
        FileManager.default.fileExists(atPath: folder.appending(path: $0).path)
      }
    }
  }

  /// In the middle of a year; nil for what is no date.
  ///
  /// - Parameter born: Days as MATLAB counts them.
  static func age(born: Double, year: Double) -> Int? {
    guard born.isFinite, year.isFinite, (1...1_000_000).contains(born), (1...9999).contains(year) else { return nil }
    let date = WikiEntry.yearAndMonth(ofDay: Int(born))
    return Int(year) - date.year - (date.month >= 7 ? 1 : 0)
  }
}

extension MATVariable {
  /// Nil if it is none; an array without letters is an empty one.
  fileprivate var text: String? {
    switch contents {
    case .text(let text): text
    // A cell with a single text.
    case .cells(let cells) where cells.count == 1: cells[0].text
    default: dimensions.contains(0) ? "" : nil
    }
  }
}
