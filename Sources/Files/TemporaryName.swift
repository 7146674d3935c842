import Foundation

/// The name under which ``writeAtomically(to:_:)`` writes: `.NAME.PROCESS.UNIQUE.partial`, so that no two writers
/// meet and leftovers can be told from other people's files.
struct TemporaryName {
  let process: pid_t
  let text: String

  /// A new one, of this process.
  init(for name: String) {
    process = getpid()
    text = ".\(name).\(process).\(String(UInt32.random(in: .min ... .max), radix: 36)).partial"
  }

  /// Nil for a name that was not made here.
  init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    // The target's own name has at least one part and may have dots.
    guard parts.count >= 5, parts[0].isEmpty, parts.last == "partial", parts[1..<parts.count - 3].contains(where: { !$0.isEmpty }),
      let process = pid_t(parts[parts.count - 3]), process > 0, String(process) == parts[parts.count - 3],
      let unique = UInt32(parts[parts.count - 2], radix: 36), String(unique, radix: 36) == parts[parts.count - 2]
    else { return nil }
    (self.process, self.text) = (process, text)
  }

  /// Whether the process that made it still runs; a process of this one's number was an earlier one.
  var hasLivingMaker: Bool { process != getpid() && (kill(process, 0) == 0 || errno == EPERM) }
}

/// Removes the temporary files in `folder` that ``writeAtomically(to:_:)`` left when its process was killed, and
/// returns their names. Files of processes that still run stay, and all others.
///
/// To be called before this process writes there.
@discardableResult public func removeLeftovers(in folder: URL) throws(FileError) -> [String] {
  guard let handle = opendir(folder.path) else {
    if errno == ENOENT { return [] }
    throw FileError(.open, folder.path, code: errno)
  }
  defer { closedir(handle) }
  var removed = [String]()
  while let entry = readdir(handle) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
    }
    guard let name, let temporary = TemporaryName(name), !temporary.hasLivingMaker else { continue }
    let path = folder.appendingPathComponent(name).path
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
    // Another process may have removed it meanwhile; that is as good.
    guard unlink(path) == 0 || errno == ENOENT else { throw FileError(.remove, path, code: errno) }
    removed.append(name)
  }
  return removed.sorted()
}
