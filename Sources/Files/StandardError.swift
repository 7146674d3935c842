import Foundation
import Synchronization

/// Messages for people. Writing one never fails and never ends the program: where nobody reads any more, on a full disk or
/// on a terminal that is gone, it is dropped.
public enum StandardError {
  /// Whether a line is shown that the next message is to replace.
  private static let showsStatus = Mutex(false)

  public static func write(_ text: String) {
    showsStatus.withLock { shows in
      send((shows ? "\r\u{1B}[2K" : "") + text)
      shows = false
    }
  }

  /// Shows a line that the next message or status replaces: for terminals only.
  public static func showStatus(_ text: String) {
    showsStatus.withLock { shows in
      send((shows ? "\r\u{1B}[2K" : "") + text)
      shows = true
    }
  }

  /// The width of the terminal that standard error is, as it is now; nil if it is none, or one that cannot move back.
  public static var terminalWidth: Int? {
    var size = winsize()
    guard isatty(STDERR_FILENO) == 1, getenv("TERM").map({ String(cString: $0) }) != "dumb",
      ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0
    else { return nil }
    return size.ws_col > 0 ? Int(size.ws_col) : 80
  }

  private static func send(_ text: String) {
    // A pipe without a reader raises SIGPIPE, which a program that uses the library need not have ignored.
    withoutSIGPIPE {
      var bytes = Array(text.utf8)[...]
      while !bytes.isEmpty {
        let count = bytes.withUnsafeBytes { Foundation.write(STDERR_FILENO, $0.baseAddress!, $0.count) }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return }
        bytes = bytes.dropFirst(count)
      }
    }
  }
}

/// Runs `body` so that a write into a pipe without a reader is an error, not the end of the program.
func withoutSIGPIPE<Result>(_ body: () -> Result) -> Result {
  var broken = sigset_t(), pending = sigset_t(), old = sigset_t()
  sigemptyset(&broken)
  sigaddset(&broken, SIGPIPE)
  sigpending(&pending)
  let wasPending = sigismember(&pending, SIGPIPE) == 1
  pthread_sigmask(SIG_BLOCK, &broken, &old)
  defer {
    if !wasPending {
      // Taken before it is let through again.
      var none = timespec()
      while sigtimedwait(&broken, nil, &none) < 0 && errno == EINTR {}
    }
    pthread_sigmask(SIG_SETMASK, &old, nil)
  }
  return body()
}
