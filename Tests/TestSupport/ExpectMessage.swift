import Testing

/// Records an issue for each of `parts` that a program which stopped did not write to standard error.
public func expect(
  _ result: ExitTest.Result?, says parts: String..., sourceLocation: SourceLocation = #_sourceLocation
) {
  guard let result else { return }  // the program did not stop, which is an issue already
  let message = String(decoding: result.standardErrorContent, as: UTF8.self)
  for part in parts where !message.contains(part) {
    Issue.record("the message does not say “\(part)”: \(message)", sourceLocation: sourceLocation)
  }
}

/// What the error that `body` throws says; “no error” if it throws none.
public func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch { return "\(error)" }
}
