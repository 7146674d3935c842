import Backends
import Foundation
import Tensors

/// How a parameter starts; names and formulas are those of Keras.
///
/// Fans of a weight `[…, in, out]` are `in` and `out` times the extents before them.
public enum Initializer: Hashable, Sendable {
  /// All 0.
  case zeros
  /// All 1.
  case ones
  /// All the same number.
  case constant(Float)
  /// Uniform in [low, high).
  case uniform(low: Float, high: Float)
  /// Normal with the given mean and standard deviation.
  case normal(mean: Float, deviation: Float)
  /// Normal, redrawn beyond two deviations.
  case truncatedNormal(mean: Float, deviation: Float)
  /// Uniform within ±√(6 / (fanIn + fanOut)) (Glorot and Bengio, 2010).
  case glorotUniform
  /// Truncated normal of variance 2 / (fanIn + fanOut).
  case glorotNormal
  /// Uniform within ±√(6 / fanIn) (He et al., 2015).
  case heUniform
  /// Truncated normal of variance 2 / fanIn.
  case heNormal
  /// Uniform within ±√(3 / fanIn) (LeCun et al., 1998).
  case lecunUniform
  /// Truncated normal of variance 1 / fanIn.
  case lecunNormal

  /// A tensor that starts so, on the context's device. Random ones move the context's generator on.
  public func tensor(_ shape: Shape, in context: LayerContext) -> Tensor {
    let receptive = Float(shape.dimensions.dropLast(2).reduce(1, *))
    let fanIn = Swift.max(1, receptive * Float(shape.rank > 1 ? shape[-2] : shape.last ?? 1))
    let fanOut = Swift.max(1, receptive * Float(shape.last ?? 1))
    let (device, generator) = (context.device, context.generator)
    func uniform(_ limit: Float) -> Tensor {
      .randomUniform(shape, low: -limit, high: limit, using: generator, on: device)
    }
    /// Cutting at two deviations shrinks the deviation by 0.8796; Keras undoes that for scaled variances.
    func truncated(variance: Float) -> Tensor {
      truncatedNormal(shape, mean: 0, deviation: variance.squareRoot() / 0.87962566103423978, in: context)
    }
    switch self {
    case .zeros: return .zeros(shape, on: device)
    case .ones: return .ones(shape, on: device)
    case .constant(let value): return Tensor(repeating: value, shape: shape, on: device)
    case .uniform(let low, let high):
      return .randomUniform(shape, low: low, high: high, using: generator, on: device)
    case .normal(let mean, let deviation):
      return .randomNormal(shape, mean: mean, deviation: deviation, using: generator, on: device)
    case .truncatedNormal(let mean, let deviation):
      return truncatedNormal(shape, mean: mean, deviation: deviation, in: context)
    case .glorotUniform: return uniform((6 / (fanIn + fanOut)).squareRoot())
    case .glorotNormal: return truncated(variance: 2 / (fanIn + fanOut))
    case .heUniform: return uniform((6 / fanIn).squareRoot())
    case .heNormal: return truncated(variance: 2 / fanIn)
    case .lecunUniform: return uniform((3 / fanIn).squareRoot())
    case .lecunNormal: return truncated(variance: 1 / fanIn)
    }
  }

  /// By inversion on the host, from the same stream as everything else.
  private func truncatedNormal(_ shape: Shape, mean: Float, deviation: Float, in context: LayerContext) -> Tensor {
    let philox = context.generator.generator
    let first = context.generator.state.counter
    context.generator.state.counter += UInt64((shape.count + 3) / 4)
    let low = 0.5 * erfc(2 / 2.0.squareRoot())
    let values = (0..<shape.count).map { index -> Float in
      let bits = philox.block(first + UInt64(index / 4))[index % 4]
      let uniform = (Double(bits) + 0.5) * 0x1p-32
      return mean + deviation * Float(normalQuantile(low + (1 - 2 * low) * uniform))
    }
    return Tensor(values, shape: shape, on: context.device)
  }
}

/// The value below which a standard normal variable falls with `probability`, in (0, 1), to double
/// precision: Acklam's rational approximation and one step of Halley's method.
package func normalQuantile(_ probability: Double) -> Double {
  require(probability > 0 && probability < 1, "normalQuantile: \(probability) is not in (0, 1)")
  let a = [
    -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02,
    -3.066479806614716e+01, 2.506628277459239e+00,
  ]
  let b = [
    -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
    -1.328068155288572e+01, 1,
  ]
  let c = [
    -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00, -2.549732539343734e+00,
    4.374664141464968e+00, 2.938163982698783e+00,
  ]
  let d = [7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00, 1]
  func polynomial(_ coefficients: [Double], _ x: Double) -> Double { coefficients.reduce(0) { $0 * x + $1 } }

  let x: Double
  if probability < 0.02425 {
    let q = (-2 * log(probability)).squareRoot()
    x = polynomial(c, q) / polynomial(d, q)
  } else if probability > 1 - 0.02425 {
    let q = (-2 * log(1 - probability)).squareRoot()
    x = -polynomial(c, q) / polynomial(d, q)
  } else {
    let q = probability - 0.5
    x = polynomial(a, q * q) * q / polynomial(b, q * q)
  }
  let error = 0.5 * erfc(-x / 2.0.squareRoot()) - probability
  let step = error * (2 * Double.pi).squareRoot() * exp(x * x / 2)
  return x - step / (1 + x * step / 2)
}
