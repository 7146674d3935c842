import Synchronization

/// A request to stop, which may come from a signal handler's queue or another thread.
public final class Interruption: Sendable {
  private let requested = Atomic(false)

  /// Not requested.
  public init() {}

  /// Whether training is to stop after the step in flight. It stays true.
  public var isRequested: Bool { requested.load(ordering: .relaxed) }
  /// Asks training to stop; from any thread.
  public func request() { requested.store(true, ordering: .relaxed) }
}
