import Foundation

/// A file that grows by whole lines or records, each of which survives a crash once it was appended.
///
/// A write that fails halfway is taken back, so the file ends with a whole record at every moment that the
/// process lives; what a crash left unfinished is dropped when the file is opened again.
public final class AppendedLog {
  public let path: String
  /// In bytes: the whole records.
  public private(set) var size: Int
  /// How many bytes followed the last whole record when the file was opened, and were dropped.
  public let droppedCount: Int
  /// How these bytes began, as a message may show it.
  public let droppedText: String
  private let file: OutputFile
  /// Whether the file may be longer than `size`, after a failure.
  private var hasRemains = false

  /// Opens a log of lines, creating it if need be; an unfinished last line is dropped.
  public convenience init(linesOf url: URL) throws {
    try self.init(url) { file throws in
      // A line end is near the end of the file, but a crash may leave megabytes of zeros behind it.
      var end = file.size
      while end > 0 {
        let start = max(0, end - 1 << 16)
        if let newline = try file.read(count: end - start, at: start).lastIndex(of: 0x0A) { return start + newline + 1 }
        end = start
      }
      return 0
    }
  }

  /// Opens a log of records, creating it if need be.
  ///
  /// - Parameter wholeSize: How many bytes of the file are whole records: at most its size. What follows is
  ///   dropped.
  public init(_ url: URL, wholeSize: (InputFile) throws -> Int) throws {
    path = url.path
    let contents = access(path, F_OK) == 0 ? try InputFile(url) : nil
    let fileSize = contents?.size ?? 0
    size = try contents.map(wholeSize) ?? 0
    precondition((0...fileSize).contains(size))
    droppedCount = fileSize - size
    let start = try contents?.read(count: min(droppedCount, 256), at: size) ?? []
    droppedText = String(decoding: start, as: UTF8.self).shownInMessage
    file = try OutputFile(appendingTo: url)
    if droppedCount > 0 {
      try file.shorten(to: size)
      try file.synchronize()
    }
    if contents == nil { synchronizeFolder(url.resolvingSymlinksInPath().deletingLastPathComponent().path) }
  }

  /// Appends a line, which has no end of its own yet.
  public func append(line: String) throws(FileError) {
    precondition(!line.utf8.contains(0x0A), "a line of \(path) holds a line end")
    try append(Array((line + "\n").utf8))
  }

  /// Appends whole records and returns once they are on the disk. If that fails, the file is as it was.
  ///
  /// - Parameter synchronizing: False to leave them to the system, until ``synchronize()``.
  public func append(_ records: [UInt8], synchronizing: Bool = true) throws(FileError) {
    if hasRemains { try removeRemains() }
    hasRemains = true
    do {
      try file.write(records)
      if synchronizing { try file.synchronize() }
    } catch {
      // If this fails too, the next call tries again.
      try? removeRemains()
      throw error
    }
    hasRemains = false
    size += records.count
  }

  /// Returns once all that was appended is on the disk.
  public func synchronize() throws(FileError) { try file.synchronize() }

  private func removeRemains() throws(FileError) {
    try file.shorten(to: size)
    hasRemains = false
  }
}

/// The lines of a text with their numbers from 1 on, without their ends: `\n`, or `\r\n` as editors of other
/// systems leave it. A last line without an end is one too.
public func lines(of text: [UInt8]) -> [(number: Int, bytes: [UInt8])] {
  var parts = text.split(separator: 0x0A, omittingEmptySubsequences: false)
  if parts.last?.isEmpty == true { parts.removeLast() }
  return parts.enumerated().map { index, line in (index + 1, Array(line.last == 0x0D ? line.dropLast() : line)) }
}
