import Files
import Foundation

/// A `labels.csv`: a line `file,label` for each picture, with or without a line of headings. With the heading `age`, the labels are
/// years.
struct PictureLabels {
  private let path: String
  /// Whether the labels are ages.
  let areAges: Bool
  private let labels: [String: String]

  init(contentsOf url: URL) throws {
    path = url.path
    var labels = [String: String](), areAges = false
    for (number, bytes) in try lines(of: InputFile.contents(of: url, largest: 1 << 28)) {
      guard let line = String(validating: bytes, as: UTF8.self) else {
        throw DatasetError.badLine(path: path, line: number, problem: "it is no UTF-8 text")
      }
      if line.allSatisfy(\.isWhitespace) { continue }
      // File names may have commas.
      guard let comma = line.lastIndex(of: ",") else {
        throw DatasetError.badLine(path: path, line: number, problem: "a file's name, a comma and its label are expected")
      }
      let name = Self.unquoted(line[..<comma]), label = Self.unquoted(line[line.index(after: comma)...])
      if number == 1, ["label", "class", "age"].contains(label) {
        areAges = label == "age"
        continue
      }
      guard !name.isEmpty, !label.isEmpty else {
        throw DatasetError.badLine(path: path, line: number, problem: "the \(name.isEmpty ? "file's name" : "label") is missing")
      }
      if let other = labels.updateValue(label, forKey: name), other != label {
        throw DatasetError.badLine(
          path: path, line: number,
          problem: "\(name.quotedForMessage) has the label \(label.quotedForMessage) here, \(other.quotedForMessage) above")
      }
    }
    (self.labels, self.areAges) = (labels, areAges)
  }

  var count: Int { labels.count }

  func contains(_ name: String) -> Bool { labels[name] != nil }

  /// - Throws: If one of the files has no label.
  func classes(of names: [String]) throws -> [String] {
    try names.map { name in
      guard let label = labels[name] else { throw DatasetError.noLabel(file: name, path: path) }
      return label
    }
  }

  /// In years, by the files' names; nil where it is said to be unknown.
  ///
  /// - Throws: If one is neither a number nor a word for none.
  func ages() throws -> [(name: String, age: Int?)] {
    try labels.sorted { $0.key < $1.key }.map { name, label in
      if ["nan", "unknown", "?", "-"].contains(label.lowercased()) { return (name, nil) }
      guard let age = Double(label), abs(age) < 1e6 else {
        throw DatasetError.badAge(label, file: name, path: path)
      }
      return (name, Int(age.rounded(.down)))
    }
  }

  private static func unquoted(_ text: Substring) -> String {
    let trimmed = text.trimmingCharacters(in: .whitespaces)
    guard trimmed.count >= 2, trimmed.hasPrefix("\""), trimmed.hasSuffix("\"") else { return trimmed }
    return String(trimmed.dropFirst().dropLast()).replacingOccurrences(of: "\"\"", with: "\"")
  }
}
