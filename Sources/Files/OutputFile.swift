import Foundation

/// A file being written from front to end.
///
/// Whole files are written with ``writeAtomically(to:_:)``; this type alone is for logs that grow.
public struct OutputFile: ~Copyable {
  public let path: String
  let descriptor: Int32

  /// Opens a file to be continued at its end, creating it if need be.
  public init(appendingTo url: URL) throws(FileError) {
    try self.init(path: url.path, flags: O_APPEND | O_CREAT, mode: 0o666)
  }

  init(path: String, flags: Int32, mode: mode_t, reportedAs reportedPath: String? = nil) throws(FileError) {
    self.path = reportedPath ?? path
    descriptor = open(path, O_WRONLY | O_CLOEXEC | flags, mode)
    guard descriptor >= 0 else { throw FileError(.write, self.path, code: errno) }
  }

  /// Continues what an open descriptor of this process writes, such as standard output.
  init(path: String, sharing other: Int32) throws(FileError) {
    self.path = path
    descriptor = fcntl(other, F_DUPFD_CLOEXEC, 0)
    guard descriptor >= 0 else { throw FileError(.write, path, code: errno) }
  }

  deinit { close(descriptor) }

  public borrowing func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var done = 0
    while done < bytes.count {
      let count = Foundation.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
      if count < 0 {
        if errno == EINTR { continue }
        throw FileError(.write, path, code: errno)
      }
      done += count
    }
  }

  /// Writes plain-data values as they lie in memory.
  public borrowing func write<Value: BitwiseCopyable>(_ values: [Value]) throws(FileError) {
    try values.withUnsafeBufferPointer { (values) throws(FileError) in try write(UnsafeRawBufferPointer(values)) }
  }

  public borrowing func write(_ text: String) throws(FileError) { try write(Array(text.utf8)) }

  /// Drops what follows the first `size` bytes.
  borrowing func shorten(to size: Int) throws(FileError) {
    guard ftruncate(descriptor, off_t(size)) == 0 else { throw FileError(.write, path, code: errno) }
  }

  /// Returns once the contents are on the disk, where a crash or power loss cannot take them.
  public borrowing func synchronize() throws(FileError) {
    // Terminals, pipes and some file systems cannot be synchronized and say EINVAL; nothing is lost.
    guard fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP else {
      throw FileError(.write, path, code: errno)
    }
  }
}
