import CMatIO
import Files
import Foundation

/// A line of the table that comes with the `wiki_crop` photographs (Rothe, Timofte and Van Gool, 2015).
struct WikiEntry: Hashable, Sendable {
  /// Of the picture, below the folder of `wiki.mat`.
  var path: String
  var name: String
  var isMale: Bool
  /// Days as MATLAB counts them.
  var dateOfBirth: Int
  /// A year; in the middle of it.
  var photoTaken: Int
  /// Left, top, right, bottom, the first pixel being 1.
  var faceLocation: [Double]
  var faceScore: Double

  /// The day of a date of the Gregorian calendar, 1 being the first of January of the year 0.
  static func day(year: Int, month: Int, day: Int) -> Int {
    // March begins the year, so that the leap day ends it.
    let shifted = year - (month <= 2 ? 1 : 0), months = (month + 9) % 12
    return 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + (153 * months + 2) / 5 + day + 60
  }

  /// What ``day(year:month:day:)`` is made of, of a day from 1 on.
  static func yearAndMonth(ofDay day: Int) -> (year: Int, month: Int) {
    // In spans of 400 years of 146,097 days, from March of the year −400.
    let days = day - 61 + 146_097, span = days / 146_097, inSpan = days % 146_097
    let year = (inSpan - inSpan / 1460 + inSpan / 36_524 - inSpan / 146_096) / 365
    let inYear = inSpan - (365 * year + year / 4 - year / 100), months = (5 * inYear + 2) / 153
    return (400 * (span - 1) + year + (months >= 10 ? 1 : 0), months < 10 ? months + 3 : months - 9)
  }
}

/// Writes `wiki.mat`: a MATLAB 5 file with a 1×1 struct `wiki` of 1×N arrays.
struct WikiMetadata {
  let entries: [WikiEntry]

  private typealias Variable = UnsafeMutablePointer<matvar_t>

  /// Fields in the order of the original.
  static let fields = [
    "dob", "photo_taken", "full_path", "gender", "name", "face_location", "face_score", "second_face_score",
  ]

  func write(to url: URL) throws {
    // A fixed text: the usual one has the time in it.
    guard let file = Mat_CreateVer(url.path, "MATLAB 5.0 MAT-file, written by figment", MAT_FT_MAT5) else {
      throw FileError(.write, url.path, reason: "libmatio cannot create it")
    }
    let isWritten = withVariable { Mat_VarWrite(file, $0, MAT_COMPRESSION_ZLIB) == 0 } ?? false
    guard Mat_Close(file) == 0, isWritten, try isComplete(url) else {
      throw FileError(.write, url.path, reason: "libmatio could not write all of it; is the disk full?")
    }
  }

  /// Whether all of it can be read: the library does not say when a disk is full.
  private func isComplete(_ url: URL) throws -> Bool {
    guard let file = Mat_Open(url.path, Int32(MAT_ACC_RDONLY.rawValue)) else { return false }
    defer { Mat_Close(file) }
    guard let variable = Mat_VarRead(file, "wiki") else { return false }
    defer { Mat_VarFree(variable) }
    return Self.fields.allSatisfy { name in
      guard let field = Mat_VarGetStructFieldByName(variable, name, 0) else { return false }
      return field.pointee.rank == 2 && field.pointee.dims[1] == entries.count && field.pointee.data != nil
    }
  }

  /// Nil if there is not enough memory.
  private func withVariable<Result>(_ body: (Variable) -> Result) -> Result? {
    // The library wants the list of names to end with nil.
    let names = Self.fields.map { UnsafePointer(strdup($0)) } + [nil]
    defer { for name in names { free(UnsafeMutablePointer(mutating: name)) } }
    guard let variable = Mat_VarCreateStruct2("wiki", 2, [1, 1], names) else { return nil }
    // With all that is put into it.
    defer { Mat_VarFree(variable) }
    let contents: [Variable?] = [
      row(entries.map { Int32($0.dateOfBirth) }, MAT_C_INT32, MAT_T_INT32),
      row(entries.map { UInt16($0.photoTaken) }, MAT_C_UINT16, MAT_T_UINT16),
      cells { text($0.path) },
      row(entries.map { $0.isMale ? 1.0 : 0.0 }, MAT_C_DOUBLE, MAT_T_DOUBLE),
      cells { text($0.name) },
      cells { row($0.faceLocation, MAT_C_DOUBLE, MAT_T_DOUBLE) },
      row(entries.map(\.faceScore), MAT_C_DOUBLE, MAT_T_DOUBLE),
      row(entries.map { _ in Double.nan }, MAT_C_DOUBLE, MAT_T_DOUBLE),
    ]
    for (name, content) in zip(names, contents) {
      guard let content else { return nil }
      _ = Mat_VarSetStructFieldByName(variable, name, 0, content)
    }
    return body(variable)
  }

  private func row<Value: BitwiseCopyable>(_ values: [Value], _ kind: matio_classes, _ type: matio_types) -> Variable? {
    var values = values, extents = [1, values.count]
    return Mat_VarCreate(nil, kind, type, 2, &extents, &values, 0)
  }

  private func text(_ text: String) -> Variable? { row(Array(text.utf8), MAT_C_CHAR, MAT_T_UTF8) }

  private func cells(_ make: (WikiEntry) -> Variable?) -> Variable? {
    row(entries.map(make), MAT_C_CELL, MAT_T_CELL)
  }
}
