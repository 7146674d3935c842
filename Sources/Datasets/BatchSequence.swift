import Foundation

/// The batches of one epoch, made by a background thread a few ahead of the consumer.
///
///     let batches = try BatchSequence(images, of: model.inputs, batchSize: 16, seed: 7, epoch: 0).start()
///     while let batch = try batches.next() { … }
///
/// Letting go of the iterator ends the thread.
public struct BatchSequence: Sendable {
  let dataset: any Dataset
  let batchSize: Int
  let order: Order
  let first: Int
  private let collation: Collation

  enum Order: Sendable {
    case stored
    case shuffled(seed: UInt64, epoch: Int)
  }

  /// In the shuffled order of an epoch, from sample `position` of that order on.
  ///
  /// - Throws: if the data set lacks one of `fields`, or has it in another shape.
  public init(
    _ dataset: any Dataset, of fields: [Field], batchSize: Int, seed: UInt64, epoch: Int,
    startingAt position: Int = 0
  ) throws {
    try self.init(
      dataset, fields, batchSize: batchSize, order: .shuffled(seed: seed, epoch: epoch), position: position)
  }

  /// In the order of the data set: for validation and pictures.
  public init(_ dataset: any Dataset, of fields: [Field], batchSize: Int) throws {
    try self.init(dataset, fields, batchSize: batchSize, order: .stored, position: 0)
  }

  private init(_ dataset: any Dataset, _ fields: [Field], batchSize: Int, order: Order, position: Int) throws {
    precondition(batchSize > 0, "a batch has at least one sample, not \(batchSize)")
    precondition(
      position >= 0 && position <= dataset.count, "cannot start at sample \(position) of \(dataset.count)")
    (self.dataset, self.batchSize, self.order, first) = (dataset, batchSize, order, position)
    collation = try Collation(of: fields, from: dataset)
  }

  /// The number of batches.
  public var count: Int { (dataset.count - first) / batchSize + ((dataset.count - first) % batchSize == 0 ? 0 : 1) }

  /// Starts a thread that makes the batches, from the first one on. Up to four wait to be taken.
  public func start() -> BatchIterator { BatchIterator(self) }

  /// Makes the batches and hands each to `consume` until that returns false or a sample cannot be read.
  func produce(_ consume: (Result<HostBatch, any Error>) -> Bool) {
    guard first < dataset.count else { return }
    var seed: UInt64 = 0, epoch = 0, permutation: [Int]?
    if case .shuffled(let orderSeed, let orderEpoch) = order {
      (seed, epoch) = (orderSeed, orderEpoch)
      permutation = shuffledIndices(count: dataset.count, seed: seed, epoch: epoch)
    }
    var position = first, announced = first
    while position < dataset.count {
      let end = batchSize < dataset.count - position ? position + batchSize : dataset.count
      // As far ahead as the batches that wait are, and enough for all processors where they are small.
      let ahead = end + min(dataset.count - end, max(2 * min(batchSize, dataset.count), 64))
      if announced < ahead {
        dataset.anticipate(permutation.map { Array($0[announced..<ahead]) } ?? Array(announced..<ahead))
        announced = ahead
      }
      let indices = permutation.map { Array($0[position..<end]) } ?? Array(position..<end)
      let batch = Result {
        try collation.batch(indices, of: dataset, seed: seed, epoch: epoch, position: end)
      }
      guard consume(batch), case .success = batch else { return }
      position = end
    }
  }
}

/// Takes batches from the thread that makes them.
public final class BatchIterator {
  /// Enough to bridge the pauses of either side; more would only hold memory.
  private static let batchesAhead = 4
  let queue: BoundedQueue<Result<HostBatch, any Error>>

  init(_ sequence: BatchSequence) {
    let queue = BoundedQueue<Result<HostBatch, any Error>>(capacity: BatchIterator.batchesAhead)
    self.queue = queue
    // The thread holds the queue, not the iterator, so dropping the iterator ends it.
    Thread {
      sequence.produce { queue.put($0) }
      queue.finish()
    }.start()
  }

  deinit { queue.close() }

  /// Waits for the next batch; nil after the last.
  ///
  /// - Throws: what reading a sample threw.
  public func next() throws -> HostBatch? { try queue.take()?.get() }
}
