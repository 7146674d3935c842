import CZip
import Files
import Foundation
import Interchange

/// A zip archive opened for reading. Entries are read one at a time, from any thread.
package final class ZipArchive: @unchecked Sendable {
  // libzip's archive belongs to one thread at a time: the lock guards it.
  private let lock = NSLock()
  private let archive: OpaquePointer
  /// The file, as errors name it.
  package let path: String
  /// Of all entries.
  package let names: [String]

  /// - Throws: `FileError` if there is no such file; ``InterchangeError`` if it is no zip archive, or one that was cut short.
  package init(contentsOf url: URL) throws {
    // Tells what is no file, or may not be read, better than libzip does.
    _ = try InputFile(url)
    path = url.path
    var code: Int32 = 0
    guard let opened = zip_open(url.path, ZIP_RDONLY | ZIP_CHECKCONS, &code) else {
      var error = zip_error_t()
      zip_error_init_with_code(&error, code)
      defer { zip_error_fini(&error) }
      throw InterchangeError(
        path: url.path, place: "archive",
        problem: "\(String(cString: zip_error_strerror(&error))); it may have been cut short: get it again")
    }
    archive = opened
    names = (0..<zip_get_num_entries(opened, 0)).map { index in
      zip_get_name(opened, UInt64(index), 0).map { String(cString: $0) } ?? ""
    }
  }

  deinit { zip_discard(archive) }

  /// The contents of an entry.
  ///
  /// - Parameter largest: In bytes; a larger entry is an error, before memory is asked for.
  /// - Throws: ``InterchangeError`` if there is none of that name, or it is damaged.
  package func contents(of name: String, largest: Int) throws -> [UInt8] {
    try lock.withLock {
      func damaged(_ problem: String) -> InterchangeError {
        InterchangeError(path: path, place: name.quotedForMessage, problem: problem)
      }
      var status = zip_stat_t()
      guard zip_stat(archive, name, 0, &status) == 0 else { throw damaged("the archive has no such entry") }
      guard status.size <= UInt64(largest) else {
        throw damaged("its \(status.size) bytes are more than the \(largest) that are read")
      }
      guard let file = zip_fopen_index(archive, status.index, 0) else { throw damaged(String(cString: zip_strerror(archive))) }
      defer { zip_fclose(file) }
      let size = Int(status.size)
      let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        while count < size {
          let read = zip_fread(file, buffer.baseAddress! + count, UInt64(size - count))
          guard read > 0 else { return }
          count += Int(read)
        }
      }
      // One read more tells a wrong checksum.
      var rest: UInt8 = 0
      guard bytes.count == size, zip_fread(file, &rest, 1) == 0 else {
        throw damaged("its contents are damaged (\(String(cString: zip_file_strerror(file)))); get the archive again")
      }
      return bytes
    }
  }
}
