import Foundation
import Synchronization
import Testing

@testable import Datasets

@Suite struct ShufflingTests {
  /// An independent Philox in NumPy gave these: the order must never change, or old checkpoints resume wrongly.
  /// (`Tests/DatasetsTests/Fixtures/shuffle.py`)
  @Test func orderIsTheDocumentedOne() {
    #expect(shuffledIndices(count: 10, seed: 7, epoch: 3) == [0, 1, 6, 7, 5, 8, 2, 3, 4, 9])
  }

  @Test func everyEpochIsAnotherPermutation() {
    let orders = (0..<4).map { shuffledIndices(count: 1000, seed: 1, epoch: $0) }
    #expect(Set(orders).count == 4)
    for order in orders { #expect(order.sorted() == Array(0..<1000)) }
    #expect(shuffledIndices(count: 1000, seed: 2, epoch: 0) != orders[0])
  }

  @Test(arguments: [0, 1, 2])
  func smallCounts(count: Int) {
    #expect(shuffledIndices(count: count, seed: 1, epoch: 0).sorted() == Array(0..<count))
  }

  /// Every number is at every place equally often: 24 orders of 4, 24,000 draws, 5 deviations.
  @Test func allOrdersAreEquallyLikely() {
    var counts: [[Int]: Int] = [:]
    for epoch in 0..<24_000 { counts[shuffledIndices(count: 4, seed: 5, epoch: epoch), default: 0] += 1 }
    #expect(counts.count == 24)
    for count in counts.values { #expect(abs(count - 1000) < 155) }
  }
}

@Suite struct BatchSequenceTests {
  @Test func anEpochVisitsEveryImageOnce() {
    let batches = Array(BatchSequence(numbered(50), batchSize: 16, seed: 7, epoch: 0))
    #expect(batches.map(\.count) == [16, 16, 16, 2])
    #expect(batches.map(\.position) == [16, 32, 48, 50])
    #expect(batches.last?.shape == [2, 2, 2, 1])
    #expect(batches.flatMap(\.indices).sorted() == Array(0..<50))
    for batch in batches {
      #expect(batch.images.count == batch.shape.count)
      #expect(batch.labels == batch.indices.map { $0 % 10 })
      #expect(numbers(batch.images) == batch.indices)
    }
  }

  @Test func theRemainderCanBeDropped() {
    let batches = BatchSequence(numbered(50), batchSize: 16, seed: 7, epoch: 0, dropsRemainder: true)
    #expect(batches.count == 3)
    #expect(batches.map(\.count) == [16, 16, 16])
    #expect(Array(BatchSequence(numbered(5), batchSize: 16, seed: 7, epoch: 0, dropsRemainder: true)).isEmpty)
  }

  @Test(arguments: [0, 1, 16, 33, 50])
  func startingInTheMiddleGoesOnWhereItStopped(position: Int) {
    let whole = BatchSequence(numbered(50), batchSize: 1, seed: 7, epoch: 2).flatMap(\.indices)
    let rest = BatchSequence(numbered(50), batchSize: 16, seed: 7, epoch: 2, startingAt: position)
    #expect(rest.flatMap(\.indices) == Array(whole[position...]))
    #expect(rest.count == Array(rest).count)
  }

  @Test func withoutSeedTheOrderIsTheDataSets() {
    #expect(BatchSequence(numbered(20), batchSize: 8).flatMap(\.indices) == Array(0..<20))
  }

  @Test func nextAfterTheEndStaysNil() {
    let iterator = BatchSequence(numbered(4), batchSize: 4).makeIterator()
    #expect(iterator.next() != nil)
    #expect(iterator.next() == nil)
    #expect(iterator.next() == nil)
  }

  @Test(.timeLimit(.minutes(10)))
  func theProducerRunsAheadByABoundOnlyAndEndsWithItsConsumer() {
    let queue = BoundedQueue<Int>(capacity: 4)
    let produced = Mutex(0)
    let ended = DispatchSemaphore(value: 0)
    Thread {
      for number in 0..<1000 {
        guard queue.put(number) else { break }
        produced.withLock { $0 += 1 }
      }
      ended.signal()
    }.start()
    #expect(queue.take() == 0)
    Thread.sleep(forTimeInterval: 0.05)
    #expect(produced.withLock { $0 } <= 5)
    queue.close()
    ended.wait()
    #expect(produced.withLock { $0 } <= 5)
  }

  /// The producing thread holds the queue for as long as it runs.
  @Test(.timeLimit(.minutes(10))) func leavingEarlyEndsTheThreadAndFreesItsBatches() {
    struct Weak { weak var queue: BoundedQueue<Batch>? }
    let dataset = numbered(200)
    let queues = (0..<100).map { epoch in
      let iterator = BatchSequence(dataset, batchSize: 2, seed: 0, epoch: epoch).makeIterator()
      #expect(iterator.next() != nil)
      return Weak(queue: iterator.queue)
    }
    while queues.contains(where: { $0.queue != nil }) { Thread.sleep(forTimeInterval: 0.01) }
  }
}
