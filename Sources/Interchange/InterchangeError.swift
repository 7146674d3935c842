/// A file in a format of another program that is damaged or holds what Figment cannot use.
public struct InterchangeError: Error, Hashable, Sendable, CustomStringConvertible {
  public let path: String
  /// A byte, or the name of a tensor.
  public let place: String
  public let problem: String

  public init(path: String, place: String, problem: String) {
    (self.path, self.place, self.problem) = (path, place, problem)
  }

  public var description: String { "\(path), \(place): \(problem)" }
}
