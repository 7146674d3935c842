import Foundation
import Synchronization

/// The mean of a loss over some images.
public struct LossMean: Codable, Equatable, Sendable {
  public let name: String
  public let value: Double

  public init(name: String, value: Double) { (self.name, self.value) = (name, value) }
}

/// Sums of losses, weighted by the number of images each was a mean over.
struct LossSums: Codable, Equatable, Sendable {
  private(set) var names: [String] = []
  private(set) var sums: [Double] = []
  var count = 0

  mutating func add(_ mean: Float, to name: String, count: Int) {
    if let index = names.firstIndex(of: name) {
      sums[index] += Double(mean) * Double(count)
    } else {
      names.append(name)
      sums.append(Double(mean) * Double(count))
    }
  }

  var means: [LossMean] {
    zip(names, sums).map { LossMean(name: $0, value: count == 0 ? .nan : $1 / Double(count)) }
  }
}

/// Where training stands: all that a checkpoint must remember of the loop.
public struct TrainingProgress: Codable, Equatable, Sendable {
  /// Epochs completed.
  public internal(set) var epoch = 0
  /// Steps taken in all.
  public internal(set) var step = 0
  /// Images of the current epoch that steps have used.
  public internal(set) var position = 0
  var sums = LossSums()
  public internal(set) var secondsInEpoch = 0.0
  /// Images of the current epoch in this run of the program: for the speed, not for the position.
  public internal(set) var imagesInEpoch = 0
  /// What callbacks want to find again, by their keys.
  public internal(set) var callbackState: [String: Double] = [:]

  public init() {}

  /// Mean losses of the current epoch so far.
  public var means: [LossMean] { sums.means }

  var countedImages: Int {
    get { sums.count }
    set { sums.count = newValue }
  }

  mutating func add(_ loss: Float, to name: String, count: Int) { sums.add(loss, to: name, count: count) }

  mutating func finishEpoch() {
    epoch += 1
    position = 0
    sums = LossSums()
    secondsInEpoch = 0
    imagesInEpoch = 0
  }
}

/// The result of an epoch.
public struct EpochRecord: Sendable {
  /// From 1.
  public let epoch: Int
  public let step: Int
  public let training: [LossMean]
  public let validation: [LossMean]?
  /// Time spent in steps, without validation and callbacks.
  public let seconds: Double
  public let images: Int

  public var imagesPerSecond: Double { seconds > 0 ? Double(images) / seconds : 0 }
}

/// A request to stop, which may come from a signal handler's queue or another thread.
public final class Interruption: Sendable {
  private let requested = Atomic(false)

  public init() {}

  public var isRequested: Bool { requested.load(ordering: .relaxed) }
  public func request() { requested.store(true, ordering: .relaxed) }
}
