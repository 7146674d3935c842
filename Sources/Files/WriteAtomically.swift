import Foundation

/// Writes a whole file so that its path names, at every moment and whatever fails, either the old contents
/// or all of the new: into a temporary file beside it, synchronized, then renamed over it.
///
/// If `body` or the disk fails, the temporary file is removed and the old file is as it was. A symbolic
/// link stays one, its target is replaced; a device or pipe is written directly, and so is `/dev/stdout`, whatever
/// it leads to.
public func writeAtomically(to url: URL, _ body: (borrowing OutputFile) throws -> Void) throws {
  if let descriptor = openDescriptor(of: url.path) {
    return try body(OutputFile(path: url.path, sharing: descriptor))
  }
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
  // In the same folder, so that the rename stays within one file system.
  let temporary = folder.appendingPathComponent(TemporaryName(for: target.lastPathComponent).text).path
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

/// The descriptor that a name of an open file of this process stands for. Opened by its name, a regular file would
/// be written from its start, over what the shell or another program put there.
private func openDescriptor(of path: String) -> Int32? {
  switch path {
  case "/dev/stdout": return 1
  case "/dev/stderr": return 2
  default:
    for folder in ["/dev/fd/", "/proc/self/fd/"] where path.hasPrefix(folder) { return Int32(path.dropFirst(folder.count)) }
    return nil
  }
}

/// Makes the rename itself durable. Not every file system can; the contents are safe either way.
func synchronizeFolder(_ path: String) {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return }
  fsync(descriptor)
  close(descriptor)
}
