import Backends
import Tensors

/// Losses, each the mean over all elements unless it says otherwise. In nats.
public enum Loss {
  /// `mean((prediction − target)²)`.
  public static func meanSquaredError(_ prediction: Tensor, _ target: Tensor) -> Tensor {
    requireSame(prediction, target, "meanSquaredError")
    return (prediction - target).squared().mean()
  }

  /// `mean(|prediction − target|)`.
  public static func meanAbsoluteError(_ prediction: Tensor, _ target: Tensor) -> Tensor {
    requireSame(prediction, target, "meanAbsoluteError")
    return (prediction - target).absolute().mean()
  }

  /// Cross-entropy of the probabilities `σ(logits)` with targets in [0, 1]; finite for every logit.
  public static func binaryCrossEntropy(logits: Tensor, _ target: Tensor) -> Tensor {
    requireSame(logits, target, "binaryCrossEntropy")
    return logits.meanSigmoidCrossEntropy(target)
  }

  /// Cross-entropy of probabilities, which are first clamped to [1e-7, 1 − 1e-7] as Keras does. Prefer the
  /// form from logits.
  public static func binaryCrossEntropy(probabilities: Tensor, _ target: Tensor) -> Tensor {
    requireSame(probabilities, target, "binaryCrossEntropy")
    let p = probabilities.clamped(low: 1e-7, high: 1 - 1e-7)
    return -(target * p.log() + (1 - target) * (1 - p).log()).mean()
  }

  /// Cross-entropy of `softmax(logits)`, `[N, classes]`, with one-hot or soft targets of that shape: the
  /// mean over the batch.
  public static func categoricalCrossEntropy(logits: Tensor, _ target: Tensor) -> Tensor {
    requireSame(logits, target, "categoricalCrossEntropy")
    return -(target * logits.logSoftmax()).sum(axes: [-1]).mean()
  }

  /// The divergence of N(mean, e^logVariance) from the unit normal, element by element, times `weight`:
  /// `−½ (1 + logVariance − mean² − e^logVariance)`.
  public static func divergenceFromUnitNormal(mean: Tensor, logVariance: Tensor, weight: Float = 1) -> Tensor {
    requireSame(mean, logVariance, "divergenceFromUnitNormal")
    return mean.divergenceFromUnitNormal(logVariance: logVariance, scale: 0.5 * weight)
  }

  /// The mean of ``divergenceFromUnitNormal(mean:logVariance:weight:)`` over all elements, in fewer operations.
  package static func meanDivergenceFromUnitNormal(mean: Tensor, logVariance: Tensor, weight: Float = 1) -> Tensor {
    requireSame(mean, logVariance, "meanDivergenceFromUnitNormal")
    return mean.meanDivergenceFromUnitNormal(logVariance: logVariance, scale: 0.5 * weight)
  }

  private static func requireSame(_ prediction: Tensor, _ target: Tensor, _ name: String) {
    require(
      prediction.shape == target.shape,
      "\(name): prediction \(prediction.shape) and target \(target.shape) differ in shape")
  }
}
