import Foundation
import Pictures

/// Finds the part of every picture that is used, such as a face. Pictures without one are left out.
public struct PictureFinder: Sendable {
  /// The same for what finds the same parts: a preparation goes on with what an earlier one did only then.
  public let name: String
  /// What is said of a picture without such a part, such as “no face was found”.
  public let missing: String
  /// What is used of a picture, given in its full size and with its file, in the wanted size; nil if there is none. Called from any
  /// thread.
  public let image: @Sendable (Picture, _ url: URL, _ size: (height: Int, width: Int), ResizeFilter) throws -> Picture?

  /// From its name, what is said where it finds nothing, and how it finds.
  public init(
    name: String, missing: String,
    image: @escaping @Sendable (Picture, _ url: URL, _ size: (height: Int, width: Int), ResizeFilter) throws -> Picture?
  ) {
    (self.name, self.missing, self.image) = (name, missing, image)
  }

  /// Finds a part that is used as it is.
  public init(name: String, missing: String, part: @escaping @Sendable (Picture) throws -> PicturePart?) {
    self.init(name: name, missing: missing) { picture, _, size, filter in
      try part(picture).map { picture.resized(width: size.width, height: size.height, by: filter, of: $0) }
    }
  }

  /// What is used of a file's picture at a size, `[height, width, channels]`.
  ///
  /// - Throws: What keeps the file from being read; ``PictureError`` if there is nothing in the picture to be used.
  public func pixels(of url: URL, shape: [Int], _ filter: ResizeFilter) throws -> [UInt8] {
    let picture = try EncodedPicture(contentsOf: url).decoded(over: .white)
    guard let image = try image(picture, url, (shape[0], shape[1]), filter) else {
      throw PictureError(path: url.path, problem: missing)
    }
    return image.converted(toChannels: shape[2]).pixels
  }
}
