import Figment
import Files
import Foundation

/// Writes a result's line on standard output; one that cannot be written is an error, since somebody asked for it.
func printOutput(_ text: String) throws(FileError) {
  var bytes = Array((text + "\n").utf8)[...]
  while !bytes.isEmpty {
    let count = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress!, $0.count) }
    if count < 0 {
      if errno == EINTR { continue }
      throw FileError(.write, "standard output", code: errno)
    }
    bytes = bytes.dropFirst(count)
  }
}

/// Whether `path` names what standard output is: then nothing else may be written there.
func isStandardOutput(_ path: String) -> Bool {
  var file = stat(), output = stat()
  return stat(path, &file) == 0 && fstat(STDOUT_FILENO, &output) == 0 && file.st_dev == output.st_dev
    && file.st_ino == output.st_ino && file.st_rdev == output.st_rdev
}

/// Says on standard output what was written to `path`, unless that is standard output itself.
func printWritten(_ path: String, _ details: String = "") throws {
  if !isStandardOutput(path) { try printOutput(path + details) }
}

/// Whether what was given as an input or output is a folder.
///
/// - Throws: If there is neither a file nor a folder.
func isFolder(_ path: String) throws(FileError) -> Bool {
  var isFolder: ObjCBool = false
  guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
    throw FileError(.open, path, reason: "there is no such file or folder")
  }
  return isFolder.boolValue
}

/// A message, on a terminal in lines that fit it.
func printError(_ text: String) { StandardError.write(text.wrapped(width: StandardError.terminalWidth ?? .max) + "\n") }

/// “1 image”, “2 images”.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : noun.hasSuffix("s") ? "es" : "s")" }

/// The width of the terminal that standard output is; nil if it is none.
var outputWidth: Int? {
  var size = winsize()
  guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 else { return nil }
  return size.ws_col > 0 ? Int(size.ws_col) : 80
}
