import Files
import Foundation
import Pictures
import Synchronization

/// A rectangle in a picture, in pixels.
public struct FaceBox: Hashable, Sendable {
  /// Of the left upper corner.
  public let x, y: Int
  public let width, height: Int
}

/// A cascade that cannot be used, and why.
public struct CascadeError: Error, CustomStringConvertible {
  public let description: String

  /// This program was built without OpenCV.
  static let notBuilt = CascadeError(
    description: "this figment was built without OpenCV, which finds faces; install Debian's libopencv-objdetect-dev and "
      + "opencv-data, and build it with 'swift build -c release --traits OpenCV'")
}

/// Finds faces with one of OpenCV's cascades, Haar or LBP (Viola and Jones, 2001; Liao and others, 2007), from any thread.
public final class FaceDetector: Sendable {
  #if OpenCV
    private let path: String
    private let xml: String
    /// Those that no thread uses at the moment.
    private let idle: Mutex<[Cascade]>

    /// Reads a cascade.
    ///
    /// - Throws: ``CascadeError`` if the file is none; ``Files/FileError`` if it cannot be read.
    public init(cascade url: URL) throws {
      let bytes = try InputFile.contents(of: url, largest: 1 << 26)
      guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
        throw CascadeError(description: "\(url.path) is no cascade: it is no text")
      }
      (path, xml) = (url.path, text)
      idle = Mutex([try Cascade(text, path: url.path)])
    }

    /// Faces in a picture, the largest first.
    public func faces(in picture: Picture) throws -> [FaceBox] {
      let cascade = try idle.withLock { $0.popLast() } ?? Cascade(xml, path: path)
      defer { idle.withLock { $0.append(cascade) } }
      // Among faces of one size the uppermost, then the one on the left.
      return try cascade.faces(in: picture.converted(toChannels: 1))
        .sorted { ($1.width, $0.y, $0.x) < ($0.width, $1.y, $1.x) }
    }
  #else
    /// Says how to build Figment with OpenCV.
    public init(cascade _: URL) throws { throw CascadeError.notBuilt }

    /// Never called: without OpenCV there is no detector.
    public func faces(in _: Picture) throws -> [FaceBox] { throw CascadeError.notBuilt }
  #endif
}
