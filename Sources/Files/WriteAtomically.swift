import Foundation

/// Writes a whole file so that its path names, at every moment and whatever fails, either the old contents
/// or all of the new: into a temporary file beside it, synchronized, then renamed over it.
///
/// If `body` or the disk fails, the temporary file is removed and the old file is as it was. A symbolic
/// link stays one, its target is replaced; a device or pipe such as `/dev/stdout` is written directly.
public func writeAtomically(to url: URL, _ body: (borrowing OutputFile) throws -> Void) throws {
  let target = url.resolvingSymlinksInPath()
  var mode: mode_t?
  var status = stat()
  if stat(target.path, &status) == 0 {
    switch status.st_mode & S_IFMT {
    case S_IFREG: mode = status.st_mode & 0o7777
    case S_IFDIR: throw FileError(.write, url.path, code: EISDIR)
    default: return try body(OutputFile(path: target.path, flags: 0, mode: 0))
    }
  }

  let folder = target.deletingLastPathComponent()
  // In the same folder, so that the rename stays within one file system; named so that no two writers meet.
  let temporary = folder.appendingPathComponent(
    ".\(target.lastPathComponent).\(getpid()).\(String(UInt32.random(in: .min ... .max), radix: 36)).partial"
  ).path
  let file = try OutputFile(
    path: temporary, flags: O_CREAT | O_EXCL, mode: 0o666, reportedAs: url.path)
  do {
    if let mode { fchmod(file.descriptor, mode) }
    try body(file)
    try file.synchronize()
    guard rename(temporary, target.path) == 0 else { throw FileError(.replace, url.path, code: errno) }
  } catch {
    unlink(temporary)
    throw error
  }
  synchronizeFolder(folder.path)
}

/// Writes plain-data values as a whole file; see ``writeAtomically(to:_:)-(_,(OutputFile)->Void)``.
public func writeAtomically<Value: BitwiseCopyable>(_ values: [Value], to url: URL) throws {
  try writeAtomically(to: url) { file in try file.write(values) }
}

public func writeAtomically(_ text: String, to url: URL) throws {
  try writeAtomically(to: url) { file in try file.write(text) }
}

/// Creates a folder and those above it, if need be.
public func createFolder(_ url: URL) throws(FileError) {
  if mkdir(url.path, 0o777) == 0 { return }
  let code = errno
  switch code {
  case EEXIST:
    var status = stat()
    guard stat(url.path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw FileError(.createFolder, url.path, reason: "a file of that name is in the way")
    }
  case ENOENT where url.pathComponents.count > 1:
    try createFolder(url.deletingLastPathComponent())
    // Another process may have made it meanwhile; that is as good.
    guard mkdir(url.path, 0o777) == 0 || errno == EEXIST else {
      throw FileError(.createFolder, url.path, code: errno)
    }
  default: throw FileError(.createFolder, url.path, code: code)
  }
}

/// Makes the rename itself durable. Not every file system can; the contents are safe either way.
private func synchronizeFolder(_ path: String) {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return }
  fsync(descriptor)
  close(descriptor)
}
