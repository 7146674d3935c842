import Files
import Foundation

/// A folder that is gone with its last reference.
public final class TemporaryFolder: Sendable {
  public let url: URL

  public init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString, isDirectory: true)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  public func callAsFunction(_ name: String) -> URL { url.appendingPathComponent(name) }

  /// Writes a file and the folders above it, without waiting for the disk: tests write thousands.
  public func write(_ bytes: [UInt8], _ name: String) throws -> URL {
    try createFolder(self(name).deletingLastPathComponent())
    try Data(bytes).write(to: self(name))
    return self(name)
  }

  public var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() } }
}
