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
    /// Wanted, but not before others have been used.
    var waiting: ArraySlice<Int> = []
    /// Entries that are not, or not yet, there to stay.
    var passing = 0
  }
  private let state = Mutex(State())
  private let queue: OperationQueue
  private let bound: Int
  private let ahead: Int
  private let decode: @Sendable (Int) throws -> [UInt8]

  /// - Parameters:
  ///   - bound: In bytes.
  ///   - ahead: How many pictures at most lie in memory, beyond those that stay, before they are used.
  init(bound: Int, ahead: Int = .max, decode: @escaping @Sendable (Int) throws -> [UInt8]) {
    (self.bound, self.ahead, self.decode) = (bound, ahead, decode)
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
    state.withLock { $0.waiting += indices }
    decodeWaiting()
  }

  private func decodeWaiting() {
    while let (index, promise) = state.withLock({ begin(&$0) }) {
      queue.addOperation { [decode, weak self] in
        let outcome = Result { try decode(index) }
        self?.store(index, outcome)
        promise.fulfil(outcome)
      }
    }
  }

  /// The next picture to decode, if there is one and room for it.
  private func begin(_ state: inout State) -> (Int, Promise)? {
    guard state.passing < ahead, let place = state.waiting.firstIndex(where: { state.entries[$0] == nil }) else {
      if state.passing < ahead { state.waiting = [] }
      return nil
    }
    let index = state.waiting[place], promise = Promise()
    state.waiting = state.waiting[(place + 1)...]
    state.entries[index] = .decoding(promise)
    state.passing += 1
    return (index, promise)
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
    let entry = state.withLock { state -> Entry? in
      let entry = state.entries[index]
      if case .decoded(_, isKept: false)? = entry {
        state.entries[index] = nil
        state.passing -= 1
      }
      // Who asks now will not ask later.
      if case nil = entry, let place = state.waiting.firstIndex(of: index) { state.waiting.remove(at: place) }
      return entry
    }
    decodeWaiting()
    return entry
  }

  private func store(_ index: Int, _ outcome: Outcome) {
    let size = (try? outcome.get().count) ?? 0
    state.withLock { state in
      let isKept = state.keptBytes + size <= bound
      switch state.entries[index] {
      case .decoded: return
      case .decoding: if isKept { state.passing -= 1 }
      case nil: if !isKept { state.passing += 1 }
      }
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
