import Files
import Foundation
import Pictures

/// A table of where the eyes are in pictures: lines with commas, of which the first names the columns, as CelebA's
/// `list_landmarks_align_celeba.csv` does. Of the columns, the first is the file's name, and `lefteye_x`, `lefteye_y`, `righteye_x`
/// and `righteye_y`, with or without an underscore behind `left` and `right`, are pixels of the upright picture; others are ignored.
public struct EyeLandmarks: Sendable {
  private let path: String
  private let eyes: [String: EyePositions]
  private let fingerprint: String

  /// - Throws: ``DatasetError`` with the line if it is no such table.
  public init(contentsOf url: URL) throws {
    let contents = try InputFile.contents(of: url, largest: 1 << 28)
    var eyes = [String: EyePositions](), places = [Int](), columns = 0
    for (number, bytes) in lines(of: contents) {
      func bad(_ problem: String) -> DatasetError { .badLine(path: url.path, line: number, problem: problem) }
      guard let line = String(validating: bytes, as: UTF8.self) else { throw bad("it is no UTF-8 text") }
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
      if number == 1 {
        let names = fields.map { $0.lowercased().replacingOccurrences(of: "_eye", with: "eye") }
        columns = names.count
        places = try Self.columns.map { column in
          guard let place = names.firstIndex(of: column) else { throw bad("no column of the table is \(column)") }
          return place
        }
        continue
      }
      if fields == [""] { continue }
      guard fields.count == columns else { throw bad("it has \(fields.count) columns, the first line \(columns)") }
      let numbers = try places.map { place in
        guard let value = Double(fields[place]), value.isFinite else {
          throw bad("\(fields[place].quotedForMessage) is no number of pixels")
        }
        return value
      }
      guard let pair = EyePositions(SIMD2(numbers[0], numbers[1]), SIMD2(numbers[2], numbers[3])) else {
        throw bad("its eyes lie in one place")
      }
      eyes[fields[0]] = pair
    }
    guard !eyes.isEmpty else {
      throw DatasetError.badLine(path: url.path, line: 1, problem: "no line with a file and its eyes follows")
    }
    var print = Fingerprint()
    contents.withUnsafeBytes { print.add($0) }
    (path, self.eyes, fingerprint) = (url.path, eyes, print.text)
  }

  private static let columns = ["lefteye_x", "lefteye_y", "righteye_x", "righteye_y"]

  /// The eyes of a file's picture; nil if the table has none. Files in folders may be named with these.
  public subscript(file: URL) -> EyePositions? {
    let parts = file.pathComponents
    return (1...parts.count).lazy.compactMap { eyes[parts.suffix($0).joined(separator: "/")] }.first
  }

  /// Turns and scales every picture so that its eyes lie where the face network expects them.
  public var finder: PictureFinder {
    PictureFinder(name: "eyes \(fingerprint)", missing: "\(path) does not say where its eyes are") { picture, url, size, filter in
      self[url].map { picture.aligned(by: $0, width: size.width, height: size.height, filter: filter) }
    }
  }
}
