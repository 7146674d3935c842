import Files
import Foundation

/// The event files that ``TensorBoardWriter`` makes: told from those of other programs by the end of their names.
enum EventFile {
  /// TensorBoard looks for `tfevents` in the name and reads files in the order of their names.
  static func newName() -> String {
    let host = ProcessInfo.processInfo.hostName.replacingOccurrences(of: "/", with: "-")
    let unique = String(UInt32.random(in: .min ... .max), radix: 36)
    let process = ProcessInfo.processInfo.processIdentifier
    return "\(prefix)\(Int(Date().timeIntervalSince1970)).\(host).\(process).\(unique)\(suffix)"
  }

  private static let prefix = "events.out.tfevents."
  private static let suffix = ".figment"

  /// In the order in which TensorBoard reads them.
  static func all(in folder: URL) throws -> [URL] {
    let names: [String]
    do { names = try FileManager.default.contentsOfDirectory(atPath: folder.path) } catch CocoaError.fileReadNoSuchFile {
      return []
    }
    return names.filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }.sorted().map(folder.appendingPathComponent)
  }

  /// Drops the events of later steps and what a crash tore, and returns how many that were. A file that is not the
  /// last is removed if nothing is left of it.
  static func drop(after step: Int, from url: URL, isLast: Bool) throws -> Int {
    let file = try InputFile(url)
    var kept: [Range<Int>] = []
    var offset = 0, droppedCount = 0
    while let event = try framedRecord(in: file, at: offset) {
      let end = offset + event.count + 16
      if ProtobufMessage.number(UInt64(EventField.step), in: event) ?? 0 <= step {
        kept.append(offset..<end)
      } else {
        droppedCount += 1
      }
      offset = end
    }
    // Behind a record that is not whole nothing can be found again.
    if offset < file.size { droppedCount += 1 }
    if kept.isEmpty, !isLast {
      try remove(url)
    } else if droppedCount > 0 {
      try writeAtomically(to: url) { copy in
        for range in kept { try copy.write(file.read(count: range.count, at: range.lowerBound)) }
      }
    }
    return droppedCount
  }

  private static func remove(_ url: URL) throws {
    guard unlink(url.path) == 0 else { throw FileError(.remove, url.path, code: errno) }
  }
}
