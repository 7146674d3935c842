/// Why training cannot go on, or cannot begin.
public enum TrainingError: Error, CustomStringConvertible {
  /// A measurement of a step is NaN or infinite. `samples` are its places in the shuffled epoch, `checkpoint` is the
  /// path of the last one written or read, if any.
  case notFinite(measurement: String, value: Float, epoch: Int, step: Int, samples: Range<Int>, checkpoint: String?)
  /// The mean of a measurement over the validation data is NaN or infinite.
  case validationNotFinite(measurement: String, value: Double, epoch: Int, checkpoint: String?)
  /// Found when a checkpoint was about to be written.
  case parameterNotFinite(String, step: Int, checkpoint: String?)
  /// What was asked for cannot be done: an unknown stage, a length or batch size out of range, an empty data set.
  case invalid(String)

  public var description: String {
    switch self {
    case .notFinite(let measurement, let value, let epoch, let step, let samples, let checkpoint):
      "“\(measurement)” became \(Self.text(value)) at step \(step) (epoch \(epoch), samples \(samples.lowerBound) to "
        + "\(samples.upperBound - 1) of the shuffled data); " + Self.mend(checkpoint)
    case .validationNotFinite(let measurement, let value, let epoch, let checkpoint):
      "“\(measurement)” of the validation data became \(Self.text(value)) in epoch \(epoch); " + Self.mend(checkpoint)
    case .parameterNotFinite(let name, let step, let checkpoint):
      "the parameter “\(name)” has elements that are not finite by step \(step); " + Self.mend(checkpoint)
    case .invalid(let problem): problem
    }
  }

  /// Which sign a NaN has says nothing.
  private static func text(_ value: some BinaryFloatingPoint) -> String { value.isNaN ? "nan" : "\(value)" }

  private static func mend(_ checkpoint: String?) -> String {
    (checkpoint.map { "the last good checkpoint is \($0)" } ?? "there is no checkpoint yet")
      + "; try a lower learning rate"
  }
}
