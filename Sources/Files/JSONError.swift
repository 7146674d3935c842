/// A JSON text that cannot be read, or says something that cannot be: which text, where, and what, on one line.
public struct JSONError: Error, CustomStringConvertible, Hashable, Sendable {
  /// The file, or whatever holds the text.
  public let source: String
  /// From 1 on; nil if the text does not have the field.
  public let line: Int?
  /// In bytes, from 1 on; only where the text itself is wrong.
  public let column: Int?
  /// Names and positions that lead to the value, with dots between: `filters.2`.
  public let field: String?
  /// What is wrong there, in words.
  public let problem: String

  /// The arguments are the properties of the same names.
  public init(source: String, line: Int?, column: Int? = nil, field: String? = nil, problem: String) {
    (self.source, self.line, self.column, self.field, self.problem) = (source, line, column, field, problem)
  }

  public var description: String {
    let places = [
      line.map { "line \($0)" }, column.map { "column \($0)" }, field.map { "field \($0.quotedForMessage)" },
    ]
    return ([source] + places.compactMap { $0 }).joined(separator: ", ") + ": \(problem)"
  }
}
