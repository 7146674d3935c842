/// A file in a format of another program that is damaged or holds what Figment cannot use.
public struct InterchangeError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Of the file.
  public let path: String
  /// A byte, or the name of a tensor.
  public let place: String
  /// What is wrong there, in words.
  public let problem: String

  /// The arguments are the properties of the same names.
  public init(path: String, place: String, problem: String) {
    (self.path, self.place, self.problem) = (path, place, problem)
  }

  public var description: String { "\(path), \(place): \(problem)" }
}
