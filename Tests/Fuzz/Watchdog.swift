import Foundation
import Synchronization

/// Ends the program when one input takes too long: 10 s of this thread's time, or a minute if it waits for something.
final class Watchdog: Sendable {
  private struct Watched {
    var place = ""
    var processorTime = 0.0
    var began = ContinuousClock.now
    var isOver = false
  }
  private let watched = Mutex(Watched())
  /// Of the watched thread.
  private let processorTime: @Sendable () -> Double

  /// Watches the thread that calls.
  init() {
    var threadClock = clockid_t()
    pthread_getcpuclockid(pthread_self(), &threadClock)
    let clock = threadClock
    let processorTime: @Sendable () -> Double = {
      var time = timespec()
      clock_gettime(clock, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
    self.processorTime = processorTime
    reading("nothing yet")
    Thread.detachNewThread { [self] in
      while !watched.withLock({ $0.isOver }) {
        let late = watched.withLock { watched in
          processorTime() - watched.processorTime > 10 || ContinuousClock.now - watched.began > .seconds(60) ? watched.place : nil
        }
        if let late {
          FileHandle.standardError.write(Data("fuzz: hang: \(late)\n".utf8))
          _exit(70)
        }
        usleep(100_000)
      }
    }
  }

  /// Says what is read from now on.
  func reading(_ place: String) {
    let time = processorTime()
    watched.withLock { ($0.place, $0.processorTime, $0.began) = (place, time, .now) }
  }

  func end() { watched.withLock { $0.isOver = true } }
}
