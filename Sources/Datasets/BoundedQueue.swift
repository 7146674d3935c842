import Dispatch
import Synchronization

/// A queue between one producing and one consuming thread that holds the producer back when it is full.
final class BoundedQueue<Element: Sendable>: Sendable {
  private struct State {
    var elements: [Element] = []
    var isClosed = false
  }
  private let state = Mutex(State())
  private let filled = DispatchSemaphore(value: 0)
  private let free = DispatchSemaphore(value: 0)

  init(capacity: Int) {
    // Raised from zero: Dispatch stops the program when a semaphore dies below its initial value.
    for _ in 0..<capacity { free.signal() }
  }

  /// Waits for room. Returns false once the consumer is gone.
  func put(_ element: Element) -> Bool {
    free.wait()
    let isOpen = state.withLock { state in
      if !state.isClosed { state.elements.append(element) }
      return !state.isClosed
    }
    if isOpen { filled.signal() }
    return isOpen
  }

  /// The producer has no more.
  func finish() { filled.signal() }

  /// Waits for an element; nil, now and ever after, when the producer has finished and all were taken.
  func take() -> Element? {
    filled.wait()
    let element = state.withLock { state in state.elements.isEmpty ? nil : state.elements.removeFirst() }
    if element == nil { filled.signal() } else { free.signal() }
    return element
  }

  /// The consumer wants no more.
  func close() {
    state.withLock { state in
      state.isClosed = true
      state.elements = []
    }
    free.signal()
  }
}
