import Files
import Foundation

/// What the making of a prepared file has done so far. It lies beside the file: records of bytes, and lines that say of which of the
/// source's files they are. When the work is killed, it goes on from there if it is asked for again with the same settings.
final class PreparationLog<Job: Codable & Equatable> {
  /// A line of the log; before them stands the job.
  private struct Step: Codable {
    /// How many records were made of each of the next files; none of those that cannot be read.
    var counts: [Int]
    var unreadable: [UnreadablePicture]
  }

  /// How many records were made of each of the source's first files.
  private(set) var counts: [Int] = []
  /// Of these files.
  private(set) var unreadable: [UnreadablePicture] = []
  /// How many files an earlier run had done.
  let resumedAfter: Int
  private let recordsURL: URL
  private let logURL: URL
  private let records: AppendedLog
  private let log: AppendedLog

  /// Takes up what there is of the same job, or begins anew.
  ///
  /// - Parameters:
  ///   - destination: The file that is made.
  ///   - fileCount: Of the source.
  init(beside destination: URL, job: Job, recordSize: Int, fileCount: Int) throws {
    recordsURL = destination.appendingPathExtension("partial")
    logURL = destination.appendingPathExtension("partial.jsonl")
    let earlier = Self.earlier(job, in: logURL, recordsURL, recordSize: recordSize, fileCount: fileCount)
    for step in earlier {
      counts += step.counts
      unreadable += step.unreadable
    }
    resumedAfter = counts.count
    let wholeSize = counts.reduce(0, +) * recordSize
    if earlier.isEmpty { try Self.remove(recordsURL, logURL) }
    log = try AppendedLog(linesOf: logURL)
    if log.size == 0 { try log.append(line: Self.line(job)) }
    records = try AppendedLog(recordsURL) { _ in wholeSize }
  }

  private static func earlier(_ job: Job, in log: URL, _ records: URL, recordSize: Int, fileCount: Int) -> [Step] {
    guard let text = try? InputFile.contents(of: log), let size = try? InputFile(records).size else { return [] }
    var steps = [Step](), files = 0, made = 0
    for (number, line) in lines(of: text) {
      guard let json = try? JSONText(line, source: log.path, firstLine: number) else { break }
      if number == 1 {
        guard (try? json.decodeExactly(Job.self)) == job else { return [] }
        continue
      }
      guard let step = try? json.decodeExactly(Step.self), step.counts.count <= fileCount - files,
        step.counts.allSatisfy({ $0 >= 0 && $0 <= size / recordSize }), step.unreadable.count <= step.counts.count,
        (made + step.counts.reduce(0, +)) * recordSize <= size
      else { break }
      steps.append(step)
      files += step.counts.count
      made += step.counts.reduce(0, +)
    }
    return steps
  }

  /// Writes down what was made of the next files.
  func append(_ bytes: [UInt8], counts: [Int], unreadable: [UnreadablePicture]) throws {
    try records.append(bytes)
    try log.append(line: Self.line(Step(counts: counts, unreadable: unreadable)))
    self.counts += counts
    self.unreadable += unreadable
  }

  /// The first bytes of what was made, a few million at a time.
  func forEachBlock(ofFirst count: Int, _ body: ([UInt8]) throws -> Void) throws {
    let source = try InputFile(recordsURL), block = 1 << 22
    for start in stride(from: 0, to: count, by: block) { try body(source.read(count: min(block, count - start), at: start)) }
  }

  func remove() throws { try Self.remove(recordsURL, logURL) }

  private static func remove(_ urls: URL...) throws {
    for url in urls where FileManager.default.fileExists(atPath: url.path) { try FileManager.default.removeItem(at: url) }
  }

  static func line(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
