import Backends
import CPUBackend
import Foundation
import Synchronization
import Testing

/// A signal's handler runs on the stack of the thread that it interrupts, and oneDNN's products keep numbers there that no
/// handler leaves alone. One after the other, for a process has one handler of a signal.
@Suite(.serialized) struct SignalTests {
  @Test(arguments: [(false, false), (false, true), (true, false)])
  func productsOutliveSignals(transposesLeft: Bool, transposesRight: Bool) async {
    var action = sigaction(), before = sigaction()
    action.__sigaction_handler.sa_handler = { _ in handled.add(1, ordering: .relaxed) }
    sigaction(SIGUSR1, &action, &before)
    handled.store(0, ordering: .relaxed)
    let size = 256, count = size * size
    // A thread of its own: those that run tests handle no signals at all.
    let results = await withCheckedContinuation { continuation in
      Thread {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGUSR1)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        let backend = CPUBackend(threads: 1)
        let values = (0..<count).map { Float($0 * 7919 % 1009) / 1009 }.withUnsafeBufferPointer { backend.upload($0) }
        let product = MatrixProduct(
          batch: 1, m: size, n: size, k: size, transposesLeft: transposesLeft, transposesRight: transposesRight)
        let storm = Storm(on: pthread_self())
        let results = (0..<200).map { _ -> [Float] in
          let result = backend.matrixProduct(product, values, values, bias: nil, activation: .identity)
          // What could not be read differs from everything.
          var values = [Float](repeating: .nan, count: count)
          values.withUnsafeMutableBufferPointer { try? backend.download([result], into: $0) }
          return values
        }
        storm.end()
        continuation.resume(returning: results)
      }.start()
    }
    sigaction(SIGUSR1, &before, nil)
    #expect(results.allSatisfy { $0 == results[0] })
    #expect(handled.load(ordering: .relaxed) > 20, "signals were to be handled between the products")
  }
}

private let handled = Atomic(0)

/// Signals to a thread, some thousands a second.
private final class Storm: Sendable {
  private let isOver = Atomic(false)
  private let ended = DispatchSemaphore(value: 0)

  init(on target: pthread_t) {
    Thread { [self] in
      while !isOver.load(ordering: .relaxed) {
        pthread_kill(target, SIGUSR1)
        usleep(200)
      }
      ended.signal()
    }.start()
  }

  func end() {
    isOver.store(true, ordering: .relaxed)
    ended.wait()
  }
}
