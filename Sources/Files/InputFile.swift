import Foundation

/// A regular file opened for reading at any position.
///
/// It is read, not mapped: a mapped file that another program shortens stops the process.
public final class InputFile: Sendable {
  public let path: String
  /// In bytes, when the file was opened.
  public let size: Int
  private let descriptor: Int32

  public init(_ url: URL) throws(FileError) {
    path = url.path
    // Without waiting: a pipe that nobody writes to would be waited for before it is known to be one.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileError(.open, path, code: errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw FileError(.open, path, code: code)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      throw FileError(.open, path, reason: isFolder ? "it is a folder" : "it is not a regular file")
    }
    size = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// Reads up to `buffer.count` bytes from `offset` on; fewer only at the end of the file.
  public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int {
    var done = 0
    while done < buffer.count {
      let count = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
      if count < 0 {
        if errno == EINTR { continue }
        throw FileError(.read, path, code: errno)
      }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// Exactly `count` values of a plain-data type from byte `offset` on, as they lie in the file.
  public func read<Value: BitwiseCopyable>(
    _ type: Value.Type = UInt8.self, count: Int, at offset: Int
  ) throws -> [Value] {
    precondition(count >= 0 && offset >= 0)
    // Checked before memory is asked for: `count` often comes from a header that may be wrong.
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Value>.stride)
    guard !overflow, offset <= size, bytes <= size - offset else {
      throw FileError(.read, path, reason: "it ends after \(size) bytes, before what was to be read at byte \(offset)")
    }
    return try [Value](unsafeUninitializedCapacity: count) { buffer, initialized in
      let read = try read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
      guard read == bytes else {
        throw FileError(.read, path, reason: "it was shortened while it was read; \(read) of \(bytes) bytes came")
      }
      initialized = count
    }
  }

  /// - Parameter largest: In bytes; a longer file is an error, before memory is asked for.
  public static func contents(of url: URL, largest: Int = .max) throws -> [UInt8] {
    let file = try InputFile(url)
    guard file.size <= largest else {
      throw FileError(.read, file.path, reason: "it has \(file.size) bytes, more than the \(largest) such a file can have")
    }
    return try file.read(count: file.size, at: 0)
  }
}
