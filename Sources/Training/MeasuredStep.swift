/// What one step of training measured, read from the device.
public struct MeasuredStep: Sendable {
  /// Counted over all stages.
  public let totalSteps: Int
  /// In its epoch, from 1.
  public let stepOfEpoch: Int
  /// Whether it is the epoch's last.
  public let endsEpoch: Bool
  /// Each with the number of samples that it is a mean over.
  public let measurements: [(name: String, value: Float, weight: Int)]
}
