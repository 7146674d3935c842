import Datasets
import Layers
import Models
import Tensors

/// Says, once each, when a GAN's training has probably come to nothing, and what to try: a discriminator that is always
/// right, or a generator whose samples are all alike.
public final class AdversarialWatch: Callback, Stateful {
  private let data: any Dataset
  private let seed: UInt64
  private var dataSpread: Float?
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
    let spread = try spread(of: model, batchSize: trainer.plan.batchSize), wanted = try spreadOfData(model)
    haveDiffered = haveDiffered || spread > 0.2 * wanted
    if spread < 0.1 * wanted, haveDiffered || records >= Self.patience {
      saidCollapsed = true
      trainer.notice(
        "warning: the generator's samples are nearly all alike (at step \(record.step) their spread is "
          + "\(Double(spread).formatted(digits: 4)), the data's \(Double(wanted).formatted(digits: 4))): it has "
          + (haveDiffered ? "collapsed" : "collapsed, or not begun to learn")
          + "; if this goes on, try --minibatch-discrimination, or --objective wasserstein --gradient-penalty 10, lower learning "
          + "rates or a larger batch")
    }
  }

  /// The first records of any GAN look as if nothing would come of it.
  private static let patience = 5

  /// The standard deviation over samples, averaged over their values, in units of the model's range.
  private func spread(of model: any LatentVariableModel, batchSize: Int) throws -> Float {
    var values = [Float]()
    try model.decode(
      model.drawLatents(Self.sampleCount, using: RandomGenerator(seed: seed)), batchSize: batchSize
    ) { values += $0.values }
    return Self.spread(values, count: Self.sampleCount)
  }

  private func spreadOfData(_ model: any LatentVariableModel) throws -> Float {
    if let dataSpread { return dataSpread }
    let count = min(Self.sampleCount, data.count)
    let field = Field(model.output.name, shape: model.output.shape, range: 0...1)
    let spread = Self.spread(try data.batch(0..<count, of: [field]).arrays[field.name]!.values, count: count)
    dataSpread = spread
    return spread
  }

  private static let sampleCount = 32

  private static func spread(_ values: [Float], count: Int) -> Float {
    let size = values.count / count
    let deviations = (0..<size).map { place in
      let column = stride(from: place, to: values.count, by: size).map { values[$0] }
      let mean = column.reduce(0, +) / Float(count)
      return (column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(count)).squareRoot()
    }
    return deviations.reduce(0, +) / Float(size)
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
