import CDriverCheck
import Foundation

/// A second process of this program, in which the OpenCL drivers are asked before its `main`, and which they may end:
/// see `DriverCheck.c`.
struct DriverProcess {
  enum Outcome: Equatable {
    case survived
    /// A driver did, or had not answered when its time was up.
    case ended(cause: String)
    /// There was none that could ask them.
    case notStarted(cause: String)
  }

  let outcome: Outcome
  /// Those whose names it told: the last one is that which ended it.
  let platforms: [DriverRecord.Platform]

  /// The file that this program was started from.
  static var program: String {
    // /proc is not mounted everywhere.
    guard let path = realpath("/proc/self/exe", nil) else { return String(cString: driver_check_program()) }
    defer { free(path) }
    return String(cString: path)
  }

  /// Asks all drivers but those of the platforms at `places`, and waits for at most `seconds`.
  init(leavingOut places: [Int], seconds: Int) {
    let request = (["\(getpid())", "\(seconds + 5)"] + places.map(String.init)).joined(separator: " ")
    var process: pid_t = 0, printed: Int32 = -1, told: Int32 = -1
    let code = DriverProcess.start(request, &process, &printed, &told)
    guard code == 0 else {
      (outcome, platforms) = (.notStarted(cause: String(cString: strerror(code))), [])
      return
    }
    let output = PipeReader(printed), report = PipeReader(told)
    let deadline = ContinuousClock.now + .seconds(seconds)
    while !report.isAtEnd, ContinuousClock.now < deadline { PipeReader.wait(for: [report, output], until: deadline) }
    let ending = DriverProcess.end(of: process, before: deadline, seconds: seconds)
    output.read()

    let lines = report.text.split(separator: "\n")
    platforms = lines.filter { $0.hasPrefix("platform ") }.map { line in
      let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
      let texts = words[2].split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
      return DriverRecord.Platform(name: texts[0].trimmed, version: texts[1].trimmed)
    }
    let words = output.lastLine.map { "; its last words: “\($0)”" } ?? ""
    outcome =
      lines.isEmpty
      ? .notStarted(cause: "it \(ending)\(words)") : lines.last == "done" ? .survived : .ended(cause: ending + words)
  }

  /// Returns 0 or an error's number.
  private static func start(
    _ request: String, _ process: inout pid_t, _ printed: inout Int32, _ told: inout Int32
  ) -> Int32 {
    var environment = ProcessInfo.processInfo.environment
    environment[String(cString: driver_check_variable)] = request
    // The report of a crash that Swift writes would be the last words.
    environment["SWIFT_BACKTRACE"] = "enable=no"
    var program = access("/proc/self/exe", X_OK) == 0 ? "/proc/self/exe" : self.program
    if let library = driver_check_library() {
      // The program may have loaded it after its start. Any other that loads it first will do, and does nothing of its own.
      environment["LD_PRELOAD"] = ([String(cString: library)] + [environment["LD_PRELOAD"]].compactMap { $0 })
        .joined(separator: ":")
      program = "/bin/true"
    }
    let arguments = [strdup(CommandLine.arguments.first ?? program), nil]
    let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in arguments + variables { free(text) } }
    return driver_check_start(program, arguments, variables, &process, &printed, &told)
  }

  /// Waits for the end of the process, or makes one, and says in words how it ended.
  private static func end(of process: pid_t, before deadline: ContinuousClock.Instant, seconds: Int) -> String {
    var status: Int32 = 0
    func hasEnded(by time: ContinuousClock.Instant) -> Bool {
      while true {
        let result = waitpid(process, &status, WNOHANG)
        // Also where the host waits for all its processes, or ignores their ends.
        if result != 0 && errno != EINTR || result == process { return true }
        if ContinuousClock.now >= time { return false }
        usleep(1000)
      }
    }
    errno = 0
    guard hasEnded(by: deadline) else {
      kill(-process, SIGKILL)
      // Not longer: what hangs in Linux' part of a driver cannot be ended.
      _ = hasEnded(by: .now + .seconds(1))
      return "had not answered after \(seconds) s"
    }
    let signal = status & 0x7F
    let how = signal != 0 ? String(cString: strsignal(signal)) : "exit status \(status >> 8 & 0xFF)"
    return "ended the process that asked it (\(how))"
  }
}

/// What another process writes into a pipe, of which the end is kept.
private final class PipeReader {
  private let reader: Int32
  private var bytes = [UInt8]()
  private(set) var isAtEnd = false

  init(_ reader: Int32) { self.reader = reader }

  deinit { close(reader) }

  /// Reads what is there.
  func read() {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !isAtEnd {
      let count = Foundation.read(reader, &buffer, buffer.count)
      if count < 0 {
        if errno == EINTR { continue }
        isAtEnd = errno != EAGAIN
        return
      }
      isAtEnd = count == 0
      bytes = Array((bytes + buffer.prefix(count)).suffix(1 << 16))
    }
  }

  static func wait(for pipes: [PipeReader], until deadline: ContinuousClock.Instant) {
    let open = pipes.filter { !$0.isAtEnd }
    var requests = open.map { pollfd(fd: $0.reader, events: Int16(POLLIN), revents: 0) }
    let left = (deadline - .now).components
    poll(&requests, nfds_t(requests.count), max(0, Int32(left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000)) + 1)
    for pipe in open { pipe.read() }
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Of at most 200 characters, without what moves a terminal's cursor.
  var lastLine: String? {
    let lines = text.split(whereSeparator: \.isNewline).map { line in
      String(String.UnicodeScalarView(line.unicodeScalars.filter { $0.properties.generalCategory != .control })).trimmed
    }
    return lines.last { !$0.isEmpty }.map { $0.count > 200 ? $0.prefix(200) + "…" : $0 }
  }
}

extension StringProtocol {
  fileprivate var trimmed: String { trimmingCharacters(in: .whitespaces) }
}
