/// A picture that is damaged or cannot be encoded.
public struct PictureError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Of the file, or what a picture without one is called.
  public let path: String
  /// What is wrong with it, in words.
  public let problem: String

  /// - Parameters:
  ///   - path: Of the file, or what a picture without one is called.
  ///   - problem: What is wrong with it, to be read behind the path and a colon.
  public init(path: String, problem: String) { (self.path, self.problem) = (path, problem) }

  public var description: String { "\(path): \(problem)" }
}
