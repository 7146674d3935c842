import Foundation
import Testing

/// What a person sees on a terminal.
@Suite struct TerminalTests {
  /// Trains with standard error on a terminal that is `columns` wide, and narrower from the first sight of a bar on.
  private func errors(columns: UInt16, then narrower: UInt16? = nil, term: String) throws -> String {
    let place = try Workplace()
    var master: Int32 = -1, slave: Int32 = -1
    var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    try #require(openpty(&master, &slave, nil, nil, &size) == 0)
    let (process, output, _) = Figment.process(
      place.trainArguments(["--epochs", "200", "--batch-size", "2"]), in: place.url, environment: ["TERM": term])
    process.standardError = FileHandle(fileDescriptor: slave)
    try process.run()
    close(slave)
    var bytes = [UInt8](), buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(master, &buffer, buffer.count)
      // The other side is closed: EIO.
      guard count > 0 else { break }
      bytes += buffer[..<count]
      if let narrower, size.ws_col != narrower, bytes.contains(0x1B) {
        size.ws_col = narrower
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
        bytes += Array("<resized>".utf8)
      }
    }
    close(master)
    _ = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The bars, without what clears the line before them.
  private func bars(_ text: String) -> [Substring] {
    text.replacingOccurrences(of: "\u{1B}[2K", with: "\n").split(whereSeparator: \.isNewline)
      .filter { $0.contains("░") || $0.contains("█") }
  }

  @Test func aBarFitsTheWidthAndFollowsAResize() throws {
    let text = try errors(columns: 100, then: 30, term: "xterm")
    let parts = text.components(separatedBy: "<resized>")
    #expect(parts.count == 2 && bars(text).count > 2, "\(text.prefix(300))")
    // One bar may have been on its way when the width changed.
    #expect(bars(parts[1]).dropFirst(2).allSatisfy { $0.count <= 29 }, "\(bars(parts[1]).prefix(5))")
    // Whole lines stay: what is cleared is a bar, never a line of the log.
    let lines = text.split(whereSeparator: \.isNewline).filter { $0.contains("validation loss") }
    #expect(lines.count == 200)
  }

  @Test func aTerminalThatCannotMoveBackGetsLinesAlone() throws {
    let text = try errors(columns: 80, term: "dumb")
    #expect(!text.contains("\u{1B}") && !text.contains("░") && text.contains("epoch 200/200"))
  }
}
