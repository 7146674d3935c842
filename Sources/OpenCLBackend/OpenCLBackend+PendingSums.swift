import Backends
import Kernels
import Synchronization

/// Parts `[length, inner]` whose sum, `[inner]`, nobody has asked for yet.
struct PendingSum {
  let parts: OpenCLStorage, length: Int
  let sum: OpenCLStorage
}

/// A backward pass leaves sums of parts behind for each gradient of a parameter, which the optimizer asks for all at once: a
/// card adds them up in one launch then, each of which would take it no longer than the launch.
extension OpenCLBackend {
  /// Sums of a launch: `foldPlaces` has so many places.
  private static let places = 16

  /// Adds up the parts when anybody asks for the sum, or when much is held.
  func addUpLater(_ sum: PendingSum) {
    let recorder = runtime.lock.withLock { runtime.recorder }
    if let recorder, recorder.isOfThisThread { return recorder.add(sum) }
    sum.sum.isPending.store(true, ordering: .releasing)
    pending.withLock { pending in
      pending.append(sum)
      if pending.reduce(0, { $0 + $1.parts.count }) > runtime.configuration.pendingFloats { addUp(&pending) }
    }
  }

  /// Adds up whatever waits. Whoever comes meanwhile goes on when it is enqueued.
  func addUpPending() { pending.withLock { addUp(&$0) } }

  private func addUp(_ pending: inout [PendingSum]) {
    for first in stride(from: 0, to: pending.count, by: Self.places) {
      let batch = pending[first..<min(first + Self.places, pending.count)]
      runtime.perform { try launch(Array(batch)) }
    }
    for sum in pending { sum.sum.isPending.store(false, ordering: .releasing) }
    pending = []
  }

  private func launch(_ sums: [PendingSum]) throws {
    let wide = sums.contains { needsWideIndices($0.parts.count) }
    let kernel = try runtime.kernel(
      .elementwise, "foldPlaces",
      defines: ["WIDTH": runtime.flatWidth, wide ? "WIDE" : "NARROW": 1, "CACHED": 1])
    var arguments = [KernelArgument](), groups = 0, size = 1
    for place in 0..<Self.places {
      guard place < sums.count else {
        // Its buffers are the first one's, and not touched.
        arguments += [.uint(.max)] + arguments[1..<6]
        continue
      }
      let sum = sums[place], inner = sum.sum.count
      let shared = RowGroups(outer: 1, rows: sum.length, vectors: inner, width: 1, kernel, device, isLast: true)
      arguments += [
        .count(groups), runtime.index(sum.length, wide: wide), .count(inner), shared.columnArgument,
        .buffer(sum.parts), .buffer(sum.sum),
      ]
      (groups, size) = (groups + shared.groups, shared.size)
    }
    try runtime.launch(
      kernel, global: WorkSize(groups * size), local: WorkSize(size), arguments + [.local(bytes: 4 * size)])
  }
}
