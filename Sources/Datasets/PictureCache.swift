import Foundation
import Synchronization

/// Decoded pictures by their numbers, decoded ahead of their use by threads of its own. They stay in memory up to a bound; what
/// is beyond is decoded again each time.
final class PictureCache: Sendable {
  typealias Outcome = Result<[UInt8], any Error>

  private enum Entry {
    case decoding(Promise)
    /// `isKept` for all later uses; otherwise the next one takes it away.
    case decoded(Outcome, isKept: Bool)
  }
  private struct State {
    var entries: [Int: Entry] = [:]
    var keptBytes = 0
  }
  private let state = Mutex(State())
  private let queue: OperationQueue
  private let bound: Int
  private let decode: @Sendable (Int) throws -> [UInt8]

  /// - Parameter bound: In bytes.
  init(bound: Int, decode: @escaping @Sendable (Int) throws -> [UInt8]) {
    (self.bound, self.decode) = (bound, decode)
    queue = OperationQueue()
    queue.maxConcurrentOperationCount = ProcessInfo.processInfo.activeProcessorCount
  }

  deinit { queue.cancelAllOperations() }

  /// How many pictures stay in memory.
  var keptCount: Int {
    state.withLock { $0.entries.values.count { if case .decoded(_, isKept: true) = $0 { true } else { false } } }
  }

  /// How many pictures are in memory or on their way.
  var entryCount: Int { state.withLock { $0.entries.count } }

  /// Begins to decode pictures that are wanted soon.
  func anticipate(_ indices: [Int]) {
    for index in indices {
      let promise = state.withLock { state -> Promise? in
        guard state.entries[index] == nil else { return nil }
        let promise = Promise()
        state.entries[index] = .decoding(promise)
        return promise
      }
      guard let promise else { continue }
      queue.addOperation { [decode, weak self] in
        let outcome = Result { try decode(index) }
        self?.store(index, outcome)
        promise.fulfil(outcome)
      }
    }
  }

  func pixels(_ index: Int) throws -> [UInt8] {
    switch take(index) {
    case .decoded(let outcome, _): return try outcome.get()
    case .decoding(let promise):
      let outcome = promise.wait()
      _ = take(index)
      return try outcome.get()
    case nil:
      let outcome = Result { try decode(index) }
      store(index, outcome)
      _ = take(index)
      return try outcome.get()
    }
  }

  /// What there is of a picture, which stays only if it is kept.
  private func take(_ index: Int) -> Entry? {
    state.withLock { state in
      let entry = state.entries[index]
      if case .decoded(_, isKept: false) = entry { state.entries[index] = nil }
      return entry
    }
  }

  private func store(_ index: Int, _ outcome: Outcome) {
    let size = (try? outcome.get().count) ?? 0
    state.withLock { state in
      let isKept = state.keptBytes + size <= bound
      if case .decoded = state.entries[index] { return }
      if isKept { state.keptBytes += size }
      state.entries[index] = .decoded(outcome, isKept: isKept)
    }
  }

  /// An outcome that others wait for.
  private final class Promise: Sendable {
    private let outcome = Mutex<Outcome?>(nil)
    private let group = DispatchGroup()

    init() { group.enter() }

    func fulfil(_ result: Outcome) {
      outcome.withLock { $0 = result }
      group.leave()
    }

    func wait() -> Outcome {
      group.wait()
      return outcome.withLock { $0! }
    }
  }
}
