import Faces
import Files
import Foundation
import Pictures

/// Writes drawn faces as the `wiki_crop` photographs are stored: JPEGs in folders `00` to `99`, and `wiki.mat`. On all
/// processors, the same bytes however many they are.
public struct FaceFolder: Sendable {
  /// Where the faces come from.
  public let faces: FaceCollection
  /// How many there will be.
  public let count: Int
  /// In pixels each way.
  public let size: Int

  /// How many can be asked for.
  public static let counts = 1...1_000_000
  private static let quality = 95
  private static let blockCount = 256

  /// The first `count` faces of a collection.
  ///
  /// - Precondition: `count` is one of ``counts``, `size` one of ``Face/sizes``.
  public init(_ faces: FaceCollection, count: Int, size: Int = 64) {
    precondition(Self.counts.contains(count), "\(count) faces")
    precondition(Face.sizes.contains(size), "faces of \(size) pixels")
    (self.faces, self.count, self.size) = (faces, count, size)
  }

  /// Makes the folder: whole, or not at all.
  ///
  /// - Parameters:
  ///   - folder: Not there yet, or empty.
  ///   - progress: Called with the faces done, now and then.
  /// - Throws: ``FileError`` if something is there, or it cannot be written.
  public func write(to folder: URL, progress: (Int) throws -> Void = { _ in }) throws {
    try writeFolderAtomically(to: folder) { partial in
      for number in 0..<min(count, 100) { try createFolder(partial.appending(path: Self.twoDigits(number))) }
      var entries = [WikiEntry]()
      for start in stride(from: 0, to: count, by: Self.blockCount) {
        try progress(start)
        let results = parallelMap(min(Self.blockCount, count - start)) { index in
          Result { try write(faces[start + index], number: start + index, to: partial) }
        }
        for result in results { entries.append(try result.get()) }
      }
      try progress(count)
      try WikiMetadata(entries: entries).write(to: partial.appending(path: "wiki.mat"))
    }
  }

  private func write(_ face: Face, number: Int, to folder: URL) throws -> WikiEntry {
    let entry = entry(face, number: number)
    let bytes = try face.drawn(size: size).jpeg(quality: Self.quality)
    try OutputFile(appendingTo: folder.appending(path: entry.path)).write(bytes)
    return entry
  }

  /// Named as the originals are: the last two digits are the folder, then come the number, the birthday and the year.
  private func entry(_ face: Face, number: Int) -> WikiEntry {
    let born = face.identity.birthDate, box = face.box(size: size)
    let date = "\(born.year)-\(Self.twoDigits(born.month))-\(Self.twoDigits(born.day))"
    return WikiEntry(
      path: "\(Self.twoDigits(number % 100))/\(number)_\(date)_\(face.yearTaken).jpg",
      name: "Person \(face.identity.number)", isMale: face.identity.isMale,
      dateOfBirth: WikiEntry.day(year: born.year, month: born.month, day: born.day), photoTaken: face.yearTaken,
      faceLocation: [box.left + 1, box.top + 1, max(box.right, box.left + 1), max(box.bottom, box.top + 1)], faceScore: 5)
  }

  private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
