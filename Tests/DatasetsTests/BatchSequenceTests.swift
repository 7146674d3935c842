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
  private static let fields = numbered(1).fields

  private func batches(of sequence: BatchSequence) throws -> [HostBatch] {
    let iterator = sequence.start()
    var batches = [HostBatch]()
    while let batch = try iterator.next() { batches.append(batch) }
    return batches
  }

  @Test func anEpochVisitsEveryImageOnce() throws {
    let batches = try batches(of: BatchSequence(numbered(50), of: Self.fields, batchSize: 16, seed: 7, epoch: 0))
    #expect(batches.map(\.count) == [16, 16, 16, 2])
    #expect(batches.map(\.position) == [16, 32, 48, 50])
    #expect(batches.last?.arrays["image"]?.shape == [2, 2, 2, 1])
    #expect(batches.last?.arrays["label"]?.shape == [2])
    #expect(batches.flatMap(\.indices).sorted() == Array(0..<50))
    for batch in batches {
      #expect(batch.arrays["label"]?.values == batch.indices.map { Float($0 % 10) })
      #expect(numbers(batch.arrays["image"]!.values) == batch.indices)
    }
  }

  @Test(arguments: [0, 1, 16, 33, 50])
  func startingInTheMiddleGoesOnWhereItStopped(position: Int) throws {
    let whole = try batches(of: BatchSequence(numbered(50), of: Self.fields, batchSize: 1, seed: 7, epoch: 2))
    let rest = try BatchSequence(
      numbered(50), of: Self.fields, batchSize: 16, seed: 7, epoch: 2, startingAt: position)
    #expect(try batches(of: rest).flatMap(\.indices) == Array(whole.flatMap(\.indices)[position...]))
    #expect(try rest.count == batches(of: rest).count)
  }

  @Test func withoutSeedTheOrderIsTheDataSets() throws {
    let stored = try BatchSequence(numbered(20), of: Self.fields, batchSize: 8)
    #expect(try batches(of: stored).flatMap(\.indices) == Array(0..<20))
  }

  @Test func aBatchLargerThanTheDataIsTheData() throws {
    #expect(try batches(of: BatchSequence(numbered(3), of: Self.fields, batchSize: .max)).map(\.count) == [3])
  }

  /// What a model does not read is not brought; what it reads comes in the range that it wants.
  @Test func fieldsComeAsTheModelTakesThem() throws {
    let wanted = Field("image", shape: [2, 2, 1], range: -1...1)
    let batch = try numbered(4).batch([2], of: [wanted])
    #expect(batch.arrays.keys.sorted() == ["image"])
    let grey: Float = 2 * (128 / 255) - 1
    #expect(batch.arrays["image"]!.values == [2 * (2 / 255) - 1, -1, grey, 1])
    let absent = #expect(throws: FieldError.self) { try numbered(4).batch([0], of: [Field("volume", shape: [2])]) }
    #expect(absent?.description.contains("no “volume”") == true && absent!.description.contains("image, label"))
    let other = #expect(throws: FieldError.self) { try numbered(4).batch([0], of: [Field("image", shape: [4, 4, 1])]) }
    #expect(other?.description.hasPrefix("the images are [2, 2, 1], the model takes [4, 4, 1]; ") == true)
    #expect(other?.description.hasSuffix("set imageShape in a --config file, or give --size 2x2x1") == true)
  }

  /// A data set of no file at all: numbers drawn for every sample, which breaks at one of them.
  private struct Drawn: Dataset {
    struct Broken: Error {}
    let count = 12
    let fields = [Field("value", shape: [3])]
    let fingerprint = "drawn"
    var breaksAt: Int?

    func sample(_ index: Int, _ draw: inout RandomWords) throws -> [HostArray] {
      if index == breaksAt { throw Broken() }
      return [HostArray((0..<3).map { _ in draw.nextUniform() }, shape: [3])]
    }
  }

  @Test func drawsDependOnSeedEpochAndSampleAlone() throws {
    func values(seed: UInt64, epoch: Int, batchSize: Int, from position: Int = 0) throws -> [Int: [Float]] {
      let data = Drawn()
      var found = [Int: [Float]]()
      for batch in try batches(
        of: BatchSequence(data, of: data.fields, batchSize: batchSize, seed: seed, epoch: epoch, startingAt: position))
      {
        for (place, index) in batch.indices.enumerated() {
          found[index] = Array(batch.arrays["value"]!.values[3 * place..<3 * place + 3])
        }
      }
      return found
    }
    let first = try values(seed: 1, epoch: 0, batchSize: 4)
    #expect(try values(seed: 1, epoch: 0, batchSize: 5) == first)
    for (index, value) in try values(seed: 1, epoch: 0, batchSize: 3, from: 7) { #expect(first[index] == value) }
    #expect(try values(seed: 1, epoch: 1, batchSize: 4) != first)
    #expect(try values(seed: 2, epoch: 0, batchSize: 4) != first)
    #expect(Set(first.values).count == 12)
  }

  @Test func aSampleThatCannotBeReadIsAnErrorOfTheConsumer() throws {
    let data = Drawn(breaksAt: 9)
    let iterator = try BatchSequence(data, of: data.fields, batchSize: 4).start()
    #expect(try iterator.next()?.count == 4)
    #expect(try iterator.next()?.count == 4)
    #expect(throws: Drawn.Broken.self) { try iterator.next() }
    #expect(try iterator.next() == nil)
  }

  @Test func nextAfterTheEndStaysNil() throws {
    let iterator = try BatchSequence(numbered(4), of: Self.fields, batchSize: 4).start()
    #expect(try iterator.next() != nil)
    #expect(try iterator.next() == nil)
    #expect(try iterator.next() == nil)
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
  @Test(.timeLimit(.minutes(10))) func leavingEarlyEndsTheThreadAndFreesItsBatches() throws {
    struct Weak { weak var queue: BoundedQueue<Result<HostBatch, any Error>>? }
    let dataset = numbered(200)
    let queues = try (0..<100).map { epoch in
      let iterator = try BatchSequence(dataset, of: Self.fields, batchSize: 2, seed: 0, epoch: epoch).start()
      #expect(try iterator.next() != nil)
      return Weak(queue: iterator.queue)
    }
    while queues.contains(where: { $0.queue != nil }) { Thread.sleep(forTimeInterval: 0.01) }
  }
}
