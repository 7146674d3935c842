import Foundation
import Pictures

/// Finds the part of every picture that is used, such as a face. Pictures without one are left out.
public struct PictureFinder: Sendable {
  /// The same for what finds the same parts: a preparation goes on with what an earlier one did only then.
  public let name: String
  /// What is said of a picture without such a part, such as “no face was found”.
  public let missing: String
  /// Of a picture in its full size, from any thread; nil if there is none.
  public let part: @Sendable (Picture) throws -> PicturePart?

  /// From its name, what is said where it finds nothing, and how it finds.
  public init(name: String, missing: String, part: @escaping @Sendable (Picture) throws -> PicturePart?) {
    (self.name, self.missing, self.part) = (name, missing, part)
  }

  /// The part of a file's picture at a size, `[height, width, channels]`.
  ///
  /// - Throws: What keeps the file from being read; ``PictureError`` if the picture has no such part.
  public func pixels(of url: URL, shape: [Int], _ filter: ResizeFilter) throws -> [UInt8] {
    let picture = try EncodedPicture(contentsOf: url).decoded(over: .white)
    guard let part = try part(picture) else { throw PictureError(path: url.path, problem: missing) }
    return picture.resized(width: shape[1], height: shape[0], by: filter, of: part).converted(toChannels: shape[2]).pixels
  }
}
