import Datasets
import Layers
import Models
import Tensors

/// Says, once each, when a GAN's training has probably come to nothing, and what to try: a discriminator that is always
/// right, or a generator whose samples are all alike, or of a few kinds that are.
public final class AdversarialWatch: Callback, Stateful {
  private let data: any Dataset
  private let seed: UInt64
  private var distanceInData: Float?
  private var records = 0
  private var perfectRecords = 0
  private var saidPerfect = false
  private var saidCollapsed = false
  /// Whether samples have differed from each other yet.
  private var haveDiffered = false

  /// - Parameter seed: Of the latents whose samples are compared.
  public init(data: any Dataset, seed: UInt64) { (self.data, self.seed) = (data, seed) }

  public override func recorded(_ trainer: Trainer, _ record: TrainingRecord) throws {
    guard !record.isEarly else { return }
    // A critic whose numbers are no decisions has none.
    let accuracy = record.training.first { $0.name == "accuracy" }?.value
    records += 1
    perfectRecords = accuracy.map { $0 > 0.999 } == true ? perfectRecords + 1 : 0
    if perfectRecords >= Self.patience, !saidPerfect {
      saidPerfect = true
      trainer.notice(
        "warning: the discriminator has been right about every sample in the last \(perfectRecords) records: the "
          + "generator learns little from it; try --spectral-norm, --noisy-labels 0.05 or --r1 10, or a lower learning rate "
          + "for the discriminator (--learning-rate discriminator=…)")
    }
    guard !saidCollapsed, let model = trainer.model as? any LatentVariableModel else { return }
    let distance = try distance(of: model, batchSize: trainer.plan.batchSize), wanted = try distanceInData(model)
    haveDiffered = haveDiffered || distance > 0.5 * wanted
    if distance < 0.3 * wanted, haveDiffered || records >= Self.patience {
      saidCollapsed = true
      trainer.notice(
        "warning: the generator's samples are nearly all alike, or of a few kinds that are (at step \(record.step) the nearest two "
          + "are \(Double(distance).formatted(digits: 3)) apart, in the data \(Double(wanted).formatted(digits: 3))): it has "
          + (haveDiffered ? "collapsed" : "collapsed, or not begun to learn")
          + "; if this goes on, try --minibatch-discrimination, or --objective wasserstein --gradient-penalty 10, lower learning "
          + "rates or a larger batch")
    }
  }

  /// The first records of any GAN look as if nothing would come of it.
  private static let patience = 5

  private func distance(of model: any LatentVariableModel, batchSize: Int) throws -> Float {
    var values = [Float]()
    try model.decode(
      model.drawLatents(Self.sampleCount, using: RandomGenerator(seed: seed)), batchSize: batchSize
    ) { values += $0.values }
    return Self.nearestDistance(values, count: Self.sampleCount)
  }

  private func distanceInData(_ model: any LatentVariableModel) throws -> Float {
    if let distanceInData { return distanceInData }
    let count = min(Self.sampleCount, data.count)
    let field = Field(model.output.name, shape: model.output.shape, range: 0...1)
    let distance = Self.nearestDistance(try data.batch(0..<count, of: [field]).arrays[field.name]!.values, count: count)
    distanceInData = distance
    return distance
  }

  /// With as many, samples of dense GANs that learn lie 0.8 to 1.0 times as far apart as the data, those of four or five kinds 0.2
  /// times, where their spread around the mean is still the data's.
  private static let sampleCount = 32

  /// From a sample to that which is nearest to it, on average: the root of the mean square over values.
  private static func nearestDistance(_ values: [Float], count: Int) -> Float {
    guard count > 1 else { return 0 }
    let size = values.count / count
    return values.withUnsafeBufferPointer { values in
      var nearest = [Float](repeating: .infinity, count: count)
      for one in 0..<count {
        for other in 0..<one {
          var sum: Float = 0
          for place in 0..<size {
            let difference = values[one * size + place] - values[other * size + place]
            sum += difference * difference
          }
          nearest[one] = min(nearest[one], sum)
          nearest[other] = min(nearest[other], sum)
        }
      }
      return nearest.reduce(0) { $0 + ($1 / Float(size)).squareRoot() } / Float(count)
    }
  }

  // MARK: State

  private struct Saved: Codable {
    var records: Int
    var perfectRecords: Int
    var saidPerfect: Bool
    var saidCollapsed: Bool
    var haveDiffered: Bool
  }

  public var stateName: String { "adversarial watch" }

  public func checkpointState() throws -> State {
    try State(
      encoding: Saved(
        records: records, perfectRecords: perfectRecords, saidPerfect: saidPerfect, saidCollapsed: saidCollapsed,
        haveDiffered: haveDiffered))
  }

  public func restoring(_ state: SavedState) throws -> () -> Void {
    let saved = try state.decode(Saved.self)
    guard (0..<1 << 53).contains(saved.records), (0...saved.records).contains(saved.perfectRecords) else {
      throw StateMismatch("\(saved.perfectRecords) of \(saved.records) records cannot be")
    }
    return { [self] in
      (records, perfectRecords) = (saved.records, saved.perfectRecords)
      (saidPerfect, saidCollapsed, haveDiffered) = (saved.saidPerfect, saved.saidCollapsed, saved.haveDiffered)
    }
  }
}
