import Foundation

/// Makes a whole folder so that its path names, at every moment and whatever fails, either nothing (or the empty folder that
/// was there) or all of it: `body` fills a folder beside it, which is then renamed.
///
/// If `body` or the disk fails, nothing is left. What an earlier process left that was killed is removed first.
///
/// - Throws: ``FileError`` if there is something at the path already, or the folder cannot be made; what `body` throws.
public func writeFolderAtomically(to url: URL, _ body: (URL) throws -> Void) throws {
  let target = url.standardizedFileURL
  var status = stat()
  if lstat(target.path, &status) == 0 {
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw FileError(.createFolder, url.path, reason: "a file of that name is in the way; give another name")
    }
    guard try FileManager.default.contentsOfDirectory(atPath: target.path).isEmpty else {
      throw FileError(.createFolder, url.path, reason: "it is there and not empty; give another name, or remove it")
    }
  }
  let parent = target.deletingLastPathComponent()
  try createFolder(parent)
  removeFolderLeftovers(of: target)
  let partial = parent.appendingPathComponent(TemporaryName(for: target.lastPathComponent).text, isDirectory: true)
  guard mkdir(partial.path, 0o777) == 0 else { throw FileError(.createFolder, url.path, code: errno) }
  do {
    try body(partial)
    // All of it is on the disk before it gets its name.
    sync()
    guard rename(partial.path, target.path) == 0 else { throw FileError(.replace, url.path, code: errno) }
  } catch {
    try? FileManager.default.removeItem(at: partial)
    throw error
  }
  synchronizeFolder(parent.path)
}

/// Removes what processes that were killed left of a folder they made.
private func removeFolderLeftovers(of target: URL) {
  let parent = target.deletingLastPathComponent(), name = target.lastPathComponent
  for entry in (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? [] {
    guard entry.hasPrefix(".\(name)."), let temporary = TemporaryName(entry), !temporary.hasLivingMaker else { continue }
    let parts = entry.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.dropFirst().dropLast(3).joined(separator: ".") == name else { continue }
    try? FileManager.default.removeItem(at: parent.appendingPathComponent(entry))
  }
}
