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
  /// Read first. Not among ``all(in:)``: it is not continued but replaced.
  static let hyperparametersName = "\(prefix)0.hyperparameters"

  /// What an event file begins with.
  static func firstRecord() -> [UInt8] {
    var version = ProtobufMessage()
    version.add(EventField.wallTime, Date().timeIntervalSince1970)
    version.add(EventField.fileVersion, "brain.Event:2")
    return framedRecord(version.bytes)
  }

  /// A value of `tag` at `step`, whose fields but the tag `content` adds.
  static func record(_ tag: String, step: Int, _ content: (inout ProtobufMessage) -> Void) -> [UInt8] {
    var event = ProtobufMessage()
    event.add(EventField.wallTime, Date().timeIntervalSince1970)
    event.add(EventField.step, step)
    event.add(EventField.summary) { summary in
      summary.add(SummaryField.value) { value in
        value.add(ValueField.tag, tag)
        content(&value)
      }
    }
    return framedRecord(event.bytes)
  }

  /// In the order in which TensorBoard reads them.
  static func all(in folder: URL) throws -> [URL] {
    let names: [String]
    do { names = try FileManager.default.contentsOfDirectory(atPath: folder.path) } catch CocoaError.fileReadNoSuchFile {
      return []
    }
    return names.filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }.sorted().map(folder.appendingPathComponent)
  }

  /// Drops the events of later steps and what a crash tore. A file that is not the last is removed if nothing is left of
  /// it.
  ///
  /// - Returns: How many events that were, and the tags that `step` has.
  static func drop(after step: Int, from url: URL, isLast: Bool) throws -> (droppedCount: Int, tagsOfLastStep: Set<String>) {
    let file = try InputFile(url)
    var kept: [Range<Int>] = [], tags = Set<String>()
    var offset = 0, droppedCount = 0
    while let event = try framedRecord(in: file, at: offset) {
      let end = offset + event.count + 16
      let place = ProtobufMessage.number(EventField.step, in: event) ?? 0
      if place <= step {
        kept.append(offset..<end)
        if place == step, let tag = tag(of: event) { tags.insert(tag) }
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
    return (droppedCount, tags)
  }

  /// Of an event's first value.
  private static func tag(of event: [UInt8]) -> String? {
    ProtobufMessage.contents(EventField.summary, in: event)
      .flatMap { ProtobufMessage.contents(SummaryField.value, in: $0) }
      .flatMap { ProtobufMessage.contents(ValueField.tag, in: $0) }
      .map { String(decoding: $0, as: UTF8.self) }
  }

  private static func remove(_ url: URL) throws {
    guard unlink(url.path) == 0 else { throw FileError(.remove, url.path, code: errno) }
  }
}
