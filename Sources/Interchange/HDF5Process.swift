import CHDF5Reader
import Foundation

/// The process in which libhdf5 reads a file, and what comes of it: see `HDF5Reader.c`.
struct HDF5Process: ~Copyable {
  private let path: String
  private var reading: hdf5_reading
  private var isRunning = true
  /// How long nothing may come: a disk that is far away may take its time.
  private static let patience = 60

  /// - Parameter datasets: Whose elements to read; nil for what there is in the file.
  init(_ path: String, datasets: [String]?) throws {
    self.path = path
    reading = hdf5_reading()
    let texts = (datasets ?? []).map { strdup($0) }
    defer { for text in texts { free(text) } }
    let names = texts.map { UnsafePointer($0) }
    let code = names.withUnsafeBufferPointer { names in
      // An empty list is one all the same.
      var none: UnsafePointer<CChar>?
      return withUnsafePointer(to: &none) { none in
        hdf5_start(path, datasets == nil ? nil : names.baseAddress ?? none, names.count, &reading)
      }
    }
    guard code == 0 else {
      isRunning = false
      throw InterchangeError(
        path: path, place: "the file",
        problem: "no process can be started to read it (\(String(cString: strerror(code)))); end other programs and try again")
    }
  }

  deinit {
    guard isRunning else { return }
    var reading = reading, outcome = hdf5_outcome()
    _ = hdf5_end(&reading, 1, &outcome)
  }

  /// All that it answers.
  mutating func bytes(atMost limit: Int) throws -> [UInt8] {
    var bytes = [UInt8](), block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = try block.withUnsafeMutableBytes { try read(into: $0) }
      if count == 0 { return bytes }
      bytes += block.prefix(count)
      guard bytes.count <= limit else {
        throw InterchangeError(path: path, place: "the file", problem: "it has more groups and attributes than weights need")
      }
    }
  }

  /// The next `count` of what it answers.
  mutating func floats(count: Int) throws -> [Float] {
    try [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      var done = 0
      while done < count * 4 {
        let more = try read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[done..<count * 4]))
        if more == 0 {
          try finish()
          throw InterchangeError(path: path, place: "the file", problem: "it changed while it was read; try again")
        }
        done += more
      }
      initialized = count
    }
  }

  /// Fewer bytes than there is room for, as they come; none at the end.
  private func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      let count = Foundation.read(reading.answer, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      guard errno == EAGAIN || errno == EINTR else { return 0 }
      var request = pollfd(fd: reading.answer, events: Int16(POLLIN), revents: 0)
      guard poll(&request, 1, Int32(HDF5Process.patience * 1000)) != 0 else {
        throw InterchangeError(
          path: path, place: "the file",
          problem: "nothing came of it in \(HDF5Process.patience) s; copy it to another disk, or get it again")
      }
    }
  }

  /// Waits for its end.
  ///
  /// - Throws: What went wrong in it.
  mutating func finish() throws {
    var outcome = hdf5_outcome()
    isRunning = false
    let signal = hdf5_end(&reading, 0, &outcome)
    if outcome.finished != 0 { return }
    let (problem, reason) = (text(&outcome.problem), text(&outcome.reason))
    let cause = signal == SIGXCPU ? "it takes for ever to read" : "reading it fails (\(String(cString: strsignal(signal))))"
    throw InterchangeError(
      path: path, place: "the file",
      problem: problem.isEmpty
        ? "\(cause), so it is damaged: get it again"
        : problem + (reason.isEmpty ? "" : " (libhdf5: \(reason))") + "; get it again")
  }

  private func text<Characters>(_ characters: inout Characters) -> String {
    withUnsafeBytes(of: &characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
