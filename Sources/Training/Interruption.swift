import Synchronization

/// A request to stop, which may come from a signal handler's queue or another thread.
public final class Interruption: Sendable {
  private let requested = Atomic(false)

  public init() {}

  public var isRequested: Bool { requested.load(ordering: .relaxed) }
  public func request() { requested.store(true, ordering: .relaxed) }
}
