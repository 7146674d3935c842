/// Moving averages that follow the moments of batches: `average = decay · average + share · moment`, `[channels]` each.
public struct MovingMoments {
  /// The average of means, `[channels]`.
  public internal(set) var mean: any Storage
  /// The average of variances, `[channels]`.
  public internal(set) var variance: any Storage
  /// What is left of the old averages at each step.
  public let decay: Float
  /// The factor of a batch's mean.
  public let meanShare: Float
  /// The factor of a batch's variance.
  public let varianceShare: Float

  /// - Parameters:
  ///   - mean: Written where it is if nobody else holds it, as is `variance`.
  ///   - decay: What is left of the old averages at each step.
  ///   - meanShare: The factor of a batch's mean.
  ///   - varianceShare: The factor of a batch's variance; more than the mean's if the average is to be of unbiased variances.
  public init(mean: any Storage, variance: any Storage, decay: Float, meanShare: Float, varianceShare: Float) {
    (self.mean, self.variance, self.decay) = (mean, variance, decay)
    (self.meanShare, self.varianceShare) = (meanShare, varianceShare)
  }

  /// Both averages, as storages that may be written.
  package mutating func writable<Own: Storage>(
    as own: (any Storage) -> Own, copy: (Own) -> Own
  ) -> (mean: Own, variance: Own) {
    var both = takeBoth()
    let averages = (both.writable(0, as: own, copy: copy), both.writable(1, as: own, copy: copy))
    (mean, variance) = (both[0], both[1])
    return averages
  }

  /// In operations of their own.
  mutating func follow(_ newMean: any Storage, _ newVariance: any Storage, _ backend: some Backend) {
    var both = takeBoth(), slots = [[any Storage]]()
    if meanShare == varianceShare {
      backend.optimizerStep(
        .movingAverage(decay: decay, scale: meanShare), parameters: &both, gradients: [newMean, newVariance], slots: &slots)
    } else {
      for (place, (moment, share)) in [(newMean, meanShare), (newVariance, varianceShare)].enumerated() {
        var one = [both[place]]
        both[place] = Nothing.storage
        backend.optimizerStep(
          .movingAverage(decay: decay, scale: share), parameters: &one, gradients: [moment], slots: &slots)
        both[place] = one[0]
      }
    }
    (mean, variance) = (both[0], both[1])
  }

  /// Gives both away, so that an array alone holds them.
  private mutating func takeBoth() -> [any Storage] {
    defer { (mean, variance) = (Nothing.storage, Nothing.storage) }
    return [mean, variance]
  }
}
