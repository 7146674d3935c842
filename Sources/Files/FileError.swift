#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file or folder that could not be read or written: which, why, and what to do about it, on one line.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was to be done.
  public enum Action: String, Hashable, Sendable {
    /// To open a file that must be there.
    case open
    /// To read of a file that is open.
    case read
    /// To make a file, or to write to it.
    case write
    /// To put a new file in the place of the old one.
    case replace
    /// To delete a file.
    case remove
    /// To make a folder, or one above it.
    case createFolder = "create folder"
  }

  /// What was to be done.
  public let action: Action
  /// Of the file or folder.
  public let path: String
  /// What went wrong, in words.
  public let reason: String

  /// - Parameter reason: What went wrong, in words that follow the path and a colon.
  public init(_ action: Action, _ path: String, reason: String) {
    (self.action, self.path, self.reason) = (action, path, reason)
  }

  /// From a system call's `errno`.
  public init(_ action: Action, _ path: String, code: Int32) {
    self.init(action, path, reason: FileError.explanation(of: code, action: action))
  }

  public var description: String { "cannot \(action.rawValue) \(path): \(reason)" }

  static func explanation(of code: Int32, action: Action) -> String {
    switch code {
    case ENOENT where action == .open || action == .read: "there is no such file"
    case ENOENT: "its folder does not exist"
    case EACCES, EPERM: "permission denied"
    case EROFS: "it is on a read-only file system"
    case ENOSPC: "the disk is full; make room and try again"
    case EDQUOT: "the disk quota is used up; make room and try again"
    case EFBIG: "it would exceed the largest file size allowed (see `ulimit -f`)"
    case EISDIR: "it is a folder"
    case ENOTDIR: "part of the path is a file, not a folder"
    case EMFILE, ENFILE: "too many files are open (see `ulimit -n`)"
    case ENAMETOOLONG: "the name is too long"
    default: String(cString: strerror(code))
    }
  }
}
