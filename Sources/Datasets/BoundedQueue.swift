import Foundation

/// A queue between one producing and one consuming thread that holds the producer back when it is full.
///
/// The condition guards every property. Not a `Mutex`: the thread sanitizer does not see one that had to wait.
final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private let capacity: Int
  private var elements: [Element] = []
  private var isFinished = false
  private var isClosed = false

  init(capacity: Int) { self.capacity = capacity }

  /// Waits for room. Returns false once the consumer is gone.
  func put(_ element: Element) -> Bool {
    condition.withLock {
      while elements.count >= capacity && !isClosed { condition.wait() }
      if isClosed { return false }
      elements.append(element)
      condition.broadcast()
      return true
    }
  }

  /// The producer has no more.
  func finish() {
    condition.withLock {
      isFinished = true
      condition.broadcast()
    }
  }

  /// Waits for an element; nil, now and ever after, when the producer has finished and all were taken.
  func take() -> Element? {
    condition.withLock {
      while elements.isEmpty && !isFinished { condition.wait() }
      if elements.isEmpty { return nil }
      defer { condition.broadcast() }
      return elements.removeFirst()
    }
  }

  /// The consumer wants no more.
  func close() {
    condition.withLock {
      isClosed = true
      elements = []
      condition.broadcast()
    }
  }
}
