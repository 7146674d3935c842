import Backends
import Files
import Foundation
import Interchange
import Pictures

/// Makes one file of a folder of pictures (see ``PreparedImages``): on all processors, the same bytes however many they are. What
/// was done when it is killed lies beside the file, and is gone on with when it is asked for again with the same settings.
public struct ImagePreparation: Sendable {
  /// What was done.
  public struct Summary: Sendable {
    /// Images in the file.
    public let count: Int
    /// What was left out, and why.
    public let unreadable: [UnreadablePicture]
    /// Files that an earlier run had done.
    public let resumedAfter: Int
  }

  /// A line of the log: the first says what is made, the others what has been done.
  private struct Job: Codable, Equatable {
    var preparedImages = 1
    var source: String
    var shape: [Int]
    var settings: PictureSettings
  }
  private struct Step: Codable {
    /// Files that are done, from the first on.
    var done: Int
    var unreadable: [UnreadablePicture]
  }

  /// The pictures.
  public let listing: PictureListing
  /// The file that is made.
  public let destination: URL
  /// `[height, width, channels]` of the images.
  public let shape: [Int]
  /// How pictures come to that size.
  public let settings: PictureSettings

  /// - Parameter shape: Height, width and channels (1 or 3).
  public init(_ listing: PictureListing, to destination: URL, shape: [Int], settings: PictureSettings = .init()) throws {
    try PictureSettings.requirePicture(shape, listing.folder.path)
    (self.listing, self.destination, self.shape, self.settings) = (listing, destination, shape, settings)
  }

  /// Files that are decoded, then written down: few are done again after a kill.
  private static let blockCount = 128

  private var pixelsURL: URL { destination.appendingPathExtension("partial") }
  private var logURL: URL { destination.appendingPathExtension("partial.jsonl") }

  /// - Parameter progress: Called with the files done, now and then; what it throws ends the work, which can be gone on with.
  public func run(progress: (Int) throws -> Void = { _ in }) throws -> Summary {
    let size = shape.reduce(1, *)
    let job = Job(source: listing.fingerprint, shape: shape, settings: settings)
    var (done, unreadable) = earlier(job, size: size) ?? (0, [])
    let resumedAfter = done
    if done == 0 { try? removePartial() }
    do {
      let log = try AppendedLog(linesOf: logURL)
      if log.size == 0 { try log.append(line: line(job)) }
      let pixels = try AppendedLog(pixelsURL) { _ in (done - unreadable.count) * size }
      while done < listing.files.count {
        try progress(done)
        let block = done..<min(done + Self.blockCount, listing.files.count)
        let results = parallelMap(block.count) { index in
          Result { try listing.pixels(block.lowerBound + index, shape: shape, settings) }
        }
        var bytes = [UInt8](), failed = [UnreadablePicture]()
        for (index, result) in zip(block, results) {
          do { bytes += try result.get() } catch {
            failed.append(UnreadablePicture(name: listing.files[index].name, problem: PictureListing.problem(error)))
          }
        }
        try pixels.append(bytes)
        (done, unreadable) = (block.upperBound, unreadable + failed)
        try log.append(line: line(Step(done: done, unreadable: failed)))
      }
    }
    try progress(done)
    guard unreadable.count < listing.files.count else {
      throw DatasetError.noPictures(
        folder: listing.folder.path, files: listing.files.count, unreadable: listing.unreadable + unreadable)
    }
    try write(leavingOut: Set(unreadable.map(\.name)))
    try removePartial()
    return Summary(
      count: listing.files.count - unreadable.count, unreadable: listing.unreadable + unreadable, resumedAfter: resumedAfter)
  }

  private func line(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// What an earlier run of the same job has done; nil if there is nothing that can be gone on with.
  private func earlier(_ job: Job, size: Int) -> (done: Int, unreadable: [UnreadablePicture])? {
    guard let text = try? InputFile.contents(of: logURL), let pixels = try? InputFile(pixelsURL).size else { return nil }
    var done = 0, unreadable = [UnreadablePicture]()
    for (number, line) in lines(of: text) {
      guard let json = try? JSONText(line, source: logURL.path, firstLine: number) else { break }
      if number == 1 {
        guard (try? json.decodeExactly(Job.self)) == job else { return nil }
        continue
      }
      guard let step = try? json.decodeExactly(Step.self), step.done > done, step.done <= listing.files.count,
        step.unreadable.count <= step.done - done, (step.done - unreadable.count - step.unreadable.count) * size <= pixels
      else { break }
      (done, unreadable) = (step.done, unreadable + step.unreadable)
    }
    return done > 0 ? (done, unreadable) : nil
  }

  private func removePartial() throws {
    for url in [pixelsURL, logURL] where FileManager.default.fileExists(atPath: url.path) {
      try FileManager.default.removeItem(at: url)
    }
  }

  private func write(leavingOut unreadable: Set<String>) throws {
    let files = listing.files.filter { !unreadable.contains($0.name) }
    let source = try InputFile(pixelsURL), block = 1 << 22
    let byteCount = files.count * shape.reduce(1, *)
    var content = Fingerprint()
    for start in stride(from: 0, to: byteCount, by: block) {
      try source.read(count: min(block, byteCount - start), at: start).withUnsafeBytes { content.add($0) }
    }
    let labels = files.compactMap { $0.label.map(Int64.init) }
    labels.withUnsafeBytes { content.add($0) }
    var writer = SafetensorsWriter()
    let description = PreparedImages.Description(
      settings: settings, classNames: labels.isEmpty ? nil : listing.classNames, content: content.text)
    writer.metadata["figment"] = try line(description)
    if !labels.isEmpty { writer.add("labels", labels, shape: Shape([labels.count])) }
    writer.add("images", UInt8.self, shape: Shape([files.count] + shape)) { write in
      for start in stride(from: 0, to: byteCount, by: block) {
        try write(source.read(count: min(block, byteCount - start), at: start))
      }
    }
    let names = files.reduce(into: [UInt8]()) { $0 += Array($1.name.utf8) + [0] }
    writer.add("names", names, shape: Shape([names.count]))
    try writer.write(to: destination)
  }
}
