import Files
import Foundation

/// Where a training run keeps what it makes: `config.json`, `metrics.jsonl`, `metrics.csv`, TensorBoard events here and
/// in `train` and `validation`, `samples/*.png`, `checkpoints/`.
public struct RunDirectory: Sendable {
  /// The folder itself.
  public let url: URL

  /// Names a folder; `prepare()` makes it.
  public init(_ url: URL) { self.url = url }

  /// `config.json`: a ``RunConfiguration``.
  public var configuration: URL { url.appendingPathComponent("config.json") }
  /// `metrics.jsonl`, the lines of a ``MetricsLog``.
  public var metrics: URL { url.appendingPathComponent("metrics.jsonl") }
  /// `metrics.csv`, the table of a ``MetricsLog``.
  public var table: URL { url.appendingPathComponent("metrics.csv") }
  /// The folder of ``SamplePictures``.
  public var samples: URL { url.appendingPathComponent("samples") }
  /// The folder of a ``CheckpointWriter``.
  public var checkpoints: URL { url.appendingPathComponent("checkpoints") }
  /// `checkpoints/last.safetensors`.
  public var lastCheckpoint: URL { CheckpointWriter.last(in: checkpoints) }
  /// `checkpoints/best.safetensors`; never written where no measurement tells what is best.
  public var bestCheckpoint: URL { CheckpointWriter.best(in: checkpoints) }

  /// Whether a run has been here before.
  public var isUsed: Bool { exists(configuration) }
  /// Whether it got as far as its first checkpoint.
  public var hasCheckpoint: Bool { exists(lastCheckpoint) }

  private func exists(_ file: URL) -> Bool { FileManager.default.fileExists(atPath: file.path) }

  /// Creates the folders and removes what writers that were killed have left; throws if they cannot be written.
  public func prepare() throws {
    for folder in [url, samples, checkpoints] {
      try createFolder(folder)
      try removeLeftovers(in: folder)
    }
  }

  /// Removes all that belongs to a run, and nothing else. Its settings go last but the checkpoints first: whatever
  /// interrupts this, no old weights are left under new settings.
  public func clear() throws {
    var files = [lastCheckpoint, bestCheckpoint, metrics, table]
    files += TensorBoardLog.folders(in: url).flatMap(contents).filter {
      $0.lastPathComponent.hasPrefix("events.out.tfevents.")
    }
    files += contents(of: samples).filter { $0.pathExtension == "png" }
    for file in files + [configuration] where unlink(file.path) != 0 && errno != ENOENT {
      throw FileError(.remove, file.path, code: errno)
    }
  }

  private func contents(of folder: URL) -> [URL] {
    (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
  }

  /// Keeps other processes from training in the folder until the lock is let go of, or the process ends, however it does.
  public func lock() throws -> RunLock { try RunLock(url.appendingPathComponent(".lock")) }
}

/// A lock on a run's folder, which the system releases when its holder dies.
public final class RunLock {
  private let descriptor: Int32

  fileprivate init(_ file: URL) throws {
    descriptor = open(file.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FileError(.write, file.path, code: errno) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(descriptor)
      // Some network file systems have no locks; then there is none to be had.
      guard code == EWOULDBLOCK else { throw FileError(.write, file.path, code: code) }
      throw RunError(
        file.deletingLastPathComponent().path,
        "another process is training in this folder; wait for it, stop it, or choose another --output")
    }
  }

  deinit { close(descriptor) }
}

/// A run's folder, or a file in it, that cannot be used: which, and why.
public struct RunError: Error, CustomStringConvertible {
  /// Of the folder or file.
  public let path: String
  /// What is wrong with it, in words.
  public let problem: String

  /// - Parameters:
  ///   - path: Of the folder or file.
  ///   - problem: What is wrong with it, to be read behind the path and a colon.
  public init(_ path: String, _ problem: String) { (self.path, self.problem) = (path, problem) }

  public var description: String { "\(path): \(problem)" }
}
