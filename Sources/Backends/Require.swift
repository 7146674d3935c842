#if canImport(Runtime)
  import Runtime
#endif

/// Stops the program with a message that a release build prints too (`precondition` drops it there), unless `condition` holds.
@inline(__always)
package func require(
  _ condition: Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) {
  if !condition { misuse(message(), file: file, line: line) }
}

/// Stops the program for a programming mistake, with the line outside of this package that led to it.
package func misuse(_ message: String, file: StaticString = #fileID, line: UInt = #line) -> Never {
  fatalError(message + (placeOfCall().map { "; called at \($0)" } ?? ""), file: file, line: line)
}

/// The file and line of the innermost call that is not in this package's sources; nil where the program has no debug
/// information, or Swift is older than 6.2.
private func placeOfCall() -> String? {
  #if canImport(Runtime)
    let ours = String(#filePath.dropLast("Backends/Require.swift".count))
    // Where a program has no backtrace the message alone has to do: it is about to end.
    let frames = (try? Backtrace.capture())?.symbolicated(options: [.showInlineFrames, .showSourceLocations])?.frames
    return frames?.lazy.compactMap { $0.symbol?.sourceLocation }.first { place in
      // What macros and the compiler made has no file.
      place.line > 0 && place.path.hasSuffix(".swift") && !place.path.hasPrefix(ours) && !place.path.contains("@__swiftmacro")
    }.map { "\($0.path.split(separator: "/").last ?? ""):\($0.line)" }
  #else
    return nil
  #endif
}
