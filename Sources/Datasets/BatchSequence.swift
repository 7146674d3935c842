import Backends
import Foundation

/// Some images, ready to be uploaded.
public struct Batch: Sendable {
  /// Where in the data set they are.
  public let indices: [Int]
  /// `shape.count` floats in [0, 1].
  public let images: [Float]
  /// [n, height, width, channels].
  public let shape: Shape
  public let labels: [Int]?
  /// How many images of the epoch have been used up with this batch; start there to go on after it.
  public let position: Int

  public var count: Int { indices.count }
}

/// The batches of one epoch, made by a background thread a few ahead of the consumer.
///
///     for batch in BatchSequence(images, batchSize: 16, seed: 7, epoch: 0) { … }
///
/// Leaving the loop early stops the thread.
public struct BatchSequence: Sequence, Sendable {
  let dataset: ImageDataset
  let batchSize: Int
  let order: Order
  let start: Int
  let end: Int

  enum Order: Sendable {
    case stored
    case shuffled(seed: UInt64, epoch: Int)
  }

  /// In the shuffled order of an epoch, from image `startingAt` of that order on.
  public init(
    _ dataset: ImageDataset, batchSize: Int, seed: UInt64, epoch: Int, startingAt position: Int = 0,
    dropsRemainder: Bool = false
  ) {
    self.init(
      dataset, batchSize: batchSize, order: .shuffled(seed: seed, epoch: epoch), position: position,
      dropsRemainder: dropsRemainder)
  }

  /// In the order of the data set: for validation and pictures.
  public init(_ dataset: ImageDataset, batchSize: Int) {
    self.init(dataset, batchSize: batchSize, order: .stored, position: 0, dropsRemainder: false)
  }

  private init(_ dataset: ImageDataset, batchSize: Int, order: Order, position: Int, dropsRemainder: Bool) {
    precondition(batchSize > 0, "a batch has at least one image, not \(batchSize)")
    precondition(
      position >= 0 && position <= dataset.count, "cannot start at image \(position) of \(dataset.count)")
    (self.dataset, self.batchSize, self.order, start) = (dataset, batchSize, order, position)
    end = dropsRemainder ? dataset.count - (dataset.count - position) % batchSize : dataset.count
  }

  /// The number of batches.
  public var count: Int { (end - start + batchSize - 1) / batchSize }
  public var underestimatedCount: Int { count }

  public func makeIterator() -> BatchIterator { BatchIterator(self) }

  /// Makes the batches and hands each to `consume` until that returns false.
  func produce(_ consume: (Batch) -> Bool) {
    guard start < end else { return }
    let permutation: [Int]? =
      switch order {
      case .stored: nil
      case .shuffled(let seed, let epoch): shuffledIndices(count: dataset.count, seed: seed, epoch: epoch)
      }
    for position in stride(from: start, to: end, by: batchSize) {
      let range = position..<Swift.min(position + batchSize, end)
      let indices = permutation.map { Array($0[range]) } ?? Array(range)
      let batch = Batch(
        indices: indices, images: dataset.images(at: indices),
        shape: Shape([indices.count] + dataset.imageShape.dimensions), labels: dataset.labels(at: indices),
        position: range.upperBound)
      guard consume(batch) else { return }
    }
  }
}

/// Takes batches from the thread that makes them.
public final class BatchIterator: IteratorProtocol {
  /// Enough to bridge the pauses of either side; more would only hold memory.
  private static let batchesAhead = 4
  let queue: BoundedQueue<Batch>

  init(_ sequence: BatchSequence) {
    let queue = BoundedQueue<Batch>(capacity: BatchIterator.batchesAhead)
    self.queue = queue
    // The thread holds the queue, not the iterator, so dropping the iterator ends it.
    Thread {
      sequence.produce { queue.put($0) }
      queue.finish()
    }.start()
  }

  deinit { queue.close() }

  public func next() -> Batch? { queue.take() }
}
