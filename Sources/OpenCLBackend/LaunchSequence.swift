import Backends
import COpenCL
import Foundation

/// The launches that a product came to, to be made again without working them out.
///
/// Which kernels run, how work is shared and what structures they get depend on shapes alone; to work them out takes the
/// host longer than to enqueue them. A sequence has kernels of its own, which keep the arguments that stay the same.
struct LaunchSequence {
  /// What launches depend on, but for the storages.
  struct Key: Hashable {
    let operation: ProductOperation
    let hasBias: Bool
    let activation: Activation
  }

  struct Launch {
    let kernel: OpenCLKernel
    let global: WorkSize
    let local: WorkSize
    let load: LaunchLoad
    /// Which argument is which storage: an operand, or after these one that is there for the sequence only.
    let storages: [(argument: cl_uint, place: Int)]
  }

  let launches: [Launch]
  /// Elements of the storages that are there for the sequence only.
  let temporaries: [Int]
  /// What is left to be added up: the places of parts and of their sum.
  let sums: [(parts: Int, length: Int, sum: Int)]
  /// How the product is computed.
  let variant: ProductVariant?
}

/// Writes down the launches of one thread.
final class LaunchRecorder {
  private let thread = pthread_self()
  private let operands: Int
  /// Buffers, and the most elements that a storage in each had. One that is given back and taken again meanwhile stays one place,
  /// as the queue is in-order: a sequence needs no more memory than its launches one after the other.
  private var places: [(buffer: cl_mem, count: Int)] = []
  private var launches: [LaunchSequence.Launch] = []
  /// What the launches leave to be added up, to be asked for when they are written down: what that launches is not theirs.
  private(set) var pending: [PendingSum] = []
  /// Whether all that was done can be done again.
  private var isComplete = true

  /// - Parameter operands: Held by the caller until the end.
  init(operands: [OpenCLStorage]) {
    self.operands = operands.count
    for operand in operands { _ = place(of: operand) }
  }

  var isOfThisThread: Bool { pthread_equal(thread, pthread_self()) != 0 }

  /// - Parameter kernel: For this launch alone, with its arguments set.
  func add(_ kernel: OpenCLKernel, _ global: WorkSize, _ local: WorkSize, _ load: LaunchLoad, _ arguments: [KernelArgument]) {
    var used = [(argument: cl_uint, place: Int)]()
    for (index, argument) in arguments.enumerated() {
      guard case .buffer(let storage) = argument else { continue }
      if let place = place(of: storage) { used.append((cl_uint(index), place)) }
    }
    launches.append(.init(kernel: kernel, global: global, local: local, load: load, storages: used))
  }

  func add(_ sum: PendingSum) { pending.append(sum) }

  /// Nil if there was no memory for it.
  private func place(of storage: OpenCLStorage) -> Int? {
    guard let buffer = storage.buffer else {
      isComplete = false
      return nil
    }
    let place = places.firstIndex { $0.buffer == buffer } ?? places.count
    if place == places.count { places.append((buffer, storage.count)) }
    places[place].count = max(places[place].count, storage.count)
    return place
  }

  /// Something was enqueued that is not a kernel of ours.
  func giveUp() { isComplete = false }

  func sequence(variant: ProductVariant?) -> LaunchSequence? {
    let sums = pending.compactMap { sum -> (parts: Int, length: Int, sum: Int)? in
      guard let parts = place(of: sum.parts), let whole = place(of: sum.sum) else { return nil }
      return (parts, sum.length, whole)
    }
    return isComplete
      ? LaunchSequence(launches: launches, temporaries: places[operands...].map(\.count), sums: sums, variant: variant) : nil
  }
}

extension OpenCLBackend {
  /// The result of a product, which `body` enqueues into the storage it gets: the first time by calling it, then by making
  /// its launches again.
  func enqueue(
    _ operation: ProductOperation, _ left: any Storage, _ right: any Storage, bias: (any Storage)? = nil,
    activation: Activation = .identity, _ body: (OpenCLStorage) throws -> Void
  ) -> OpenCLStorage {
    produce(operation.resultCount) { output in
      let (left, right, bias) = (own(left), own(right), bias.map(own))
      // While ways are tried there is nothing to remember; an operand in two places could not be told apart.
      let isOpen = runtime.choices.withLock { $0.forced == nil && $0.met == nil }
      guard isOpen, left !== right, bias == nil || bias !== left && bias !== right else { return try body(output) }
      let key = LaunchSequence.Key(operation: operation, hasBias: bias != nil, activation: activation)
      let operands = [left, right] + (bias.map { [$0] } ?? []) + [output]
      switch runtime.sequence(key, operands) {
      case .known(let sequence):
        runtime.choices.withLock { $0.last = sequence.variant }
        let storages = try runtime.launch(sequence, operands)
        for sum in sequence.sums {
          addUpLater(PendingSum(parts: storages[sum.parts], length: sum.length, sum: storages[sum.sum]))
        }
      case .partOfAnother:
        try body(output)
      case .recording(let recorder):
        do {
          defer { runtime.lock.withLock { runtime.recorder = nil } }
          try body(output)
          let variant = runtime.choices.withLock { $0.last }
          runtime.lock.withLock { runtime.keep(recorder.sequence(variant: variant), key) }
        }
        for sum in recorder.pending { addUpLater(sum) }
      }
    }
  }
}

extension OpenCLRuntime {
  /// The most sequences that are kept: a few times what the largest networks have.
  private static let mostSequences = 1024

  fileprivate enum Progress {
    case known(LaunchSequence)
    case recording(LaunchRecorder)
    /// A sequence is being written down, by this thread or another.
    case partOfAnother
  }

  fileprivate func sequence(_ key: LaunchSequence.Key, _ operands: [OpenCLStorage]) -> Progress {
    lock.withLock {
      if recorder != nil { return .partOfAnother }
      if let sequence = sequences[key] { return .known(sequence) }
      let recorder = LaunchRecorder(operands: operands)
      self.recorder = recorder
      return .recording(recorder)
    }
  }

  /// Call with the lock held.
  fileprivate func keep(_ sequence: LaunchSequence?, _ key: LaunchSequence.Key) {
    if sequences.count >= Self.mostSequences { sequences = [:] }
    sequences[key] = sequence
  }

  /// Returns the storages by their places.
  fileprivate func launch(_ sequence: LaunchSequence, _ operands: [OpenCLStorage]) throws -> [OpenCLStorage] {
    let storages = operands + sequence.temporaries.map(allocate(count:))
    try lock.withLock {
      for launch in sequence.launches {
        for (argument, place) in launch.storages { try set(.buffer(storages[place]), at: argument, of: launch.kernel) }
        try enqueue(launch.kernel, launch.global, launch.local, launch.load)
      }
    }
    return storages
  }
}
