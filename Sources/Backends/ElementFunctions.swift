#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

// What every element-wise operation does to one element: the definition that all backends are tested
// against. Transcendental functions are computed in double precision and rounded once.

extension Activation {
  /// `f(x)`. NaN stays NaN for every activation.
  public func callAsFunction(_ x: Float) -> Float {
    switch self {
    case .identity: x
    case .relu: x < 0 ? 0 : x
    case .leakyReLU(let slope): x > 0 ? x : slope * x
    case .sigmoid: Float(logistic(Double(x)))
    case .tanh: Float(hyperbolicTangent(Double(x)))
    case .elu(let alpha): x > 0 ? x : Float(Double(alpha) * expm1(Double(x)))
    }
  }

  /// `f′ · gradient` at the point where the activation gave `output`.
  public func gradient(output: Float, gradient: Float) -> Float {
    let y = Double(output), g = Double(gradient)
    return switch self {
    case .identity: gradient
    case .relu: output > 0 ? gradient : 0
    case .leakyReLU(let slope): output > 0 ? gradient : slope * gradient
    case .sigmoid: Float(y * (1 - y) * g)
    case .tanh: Float((1 - y * y) * g)
    case .elu(let alpha): output > 0 ? gradient : Float((y + Double(alpha)) * g)
    }
  }
}

extension UnaryOperation {
  public func callAsFunction(_ x: Float) -> Float {
    switch self {
    case .activation(let activation): activation(x)
    case .affine(let scale, let offset): scale * x + offset
    case .exponential: Float(exp(Double(x)))
    case .logarithm: Float(log(Double(x)))
    case .logarithmOnePlus: Float(log1p(Double(x)))
    case .exponentialMinusOne(let scale): Float(Double(scale) * expm1(Double(x)))
    case .squareRoot: x.squareRoot()
    case .reciprocalSquareRoot: Float(1 / Double(x).squareRoot())
    case .square: x * x
    case .reciprocal: 1 / x
    case .absolute: abs(x)
    case .sign: x > 0 ? 1 : x < 0 ? -1 : 0
    case .floor: x.rounded(.down)
    case .sine: Float(sin(Double(x)))
    case .cosine: Float(cos(Double(x)))
    case .softplus: Float(logarithmOfOnePlusExponential(Double(x)))
    case .clamp(let low, let high): least(greatest(x, low), high)
    case .power(let exponent): Float(pow(Double(x), Double(exponent)))
    }
  }
}

extension BinaryOperation {
  public func callAsFunction(_ a: Float, _ b: Float) -> Float {
    switch self {
    case .add: a + b
    case .subtract: a - b
    case .multiply: a * b
    case .divide: a / b
    case .maximum: greatest(a, b)
    case .minimum: least(a, b)
    case .power: Float(pow(Double(a), Double(b)))
    case .equal: a == b ? 1 : 0
    case .greater: a > b ? 1 : 0
    case .greaterOrEqual: a >= b ? 1 : 0
    case .activationGradient(let activation): activation.gradient(output: a, gradient: b)
    // softplus(a) = max(a, 0) + log(1 + e^−|a|)
    case .sigmoidCrossEntropy: Float(logarithmOfOnePlusExponential(Double(a)) - Double(a) * Double(b))
    case .sigmoidMinus(let scale): Float(Double(scale) * (logistic(Double(a)) - Double(b)))
    case .unitNormalDivergence(let scale):
      Float(Double(scale) * (Double(a) * Double(a) + (expm1(Double(b)) - Double(b))))
    }
  }
}

extension Distribution {
  /// The four draws that one Philox block gives.
  public func callAsFunction(_ bits: SIMD4<UInt32>) -> SIMD4<Float> {
    var draws = SIMD4<Float>()
    switch self {
    case .uniform(let low, let high):
      for lane in 0..<4 { draws[lane] = low + (high - low) * Philox.uniform(bits[lane]) }
    case .normal(let mean, let deviation):
      for lane in stride(from: 0, to: 4, by: 2) {
        let radius = (-2 * log(Double(Philox.positiveUniform(bits[lane])))).squareRoot()
        let angle = 2 * Double.pi * Double(Philox.uniform(bits[lane + 1]))
        draws[lane] = Float(Double(mean) + Double(deviation) * radius * cos(angle))
        draws[lane + 1] = Float(Double(mean) + Double(deviation) * radius * sin(angle))
      }
    }
    return draws
  }
}

extension OptimizerRule {
  /// One step for one element: the parameter and its slots are replaced by their new values.
  public func step(_ parameter: inout Float, gradient: Float, slots: inout SIMD2<Float>) {
    let w = Double(parameter), g = Double(gradient)
    switch self {
    case .sgd(let rate, let momentum, let nesterov):
      let step = -Double(rate) * g
      guard slotCount > 0 else {
        parameter = Float(w + step)
        return
      }
      let velocity = Double(momentum) * Double(slots.x) + step
      parameter = Float(nesterov ? w + Double(momentum) * velocity + step : w + velocity)
      slots.x = Float(velocity)
    case .movingAverage(let decay, let scale): parameter = Float(Double(decay) * w + Double(scale) * g)
    case .rmsProp(let rate, let rho, let epsilon):
      let v = Double(rho) * Double(slots.x) + (1 - Double(rho)) * g * g
      parameter = Float(w - Double(rate) * g / (v + Double(epsilon)).squareRoot())
      slots.x = Float(v)
    case .adam(let rate, let beta1, let beta2, let epsilon, let decay):
      let m = Double(slots.x) + (g - Double(slots.x)) * (1 - Double(beta1))
      let v = Double(slots.y) + (g * g - Double(slots.y)) * (1 - Double(beta2))
      parameter = Float(w - Double(decay) * w - Double(rate) * m / (v.squareRoot() + Double(epsilon)))
      slots = SIMD2(Float(m), Float(v))
    }
  }
}

/// The larger, or NaN if either is.
@inline(__always)
private func greatest(_ a: Float, _ b: Float) -> Float { a > b || a.isNaN ? a : b }

/// The smaller, or NaN if either is.
@inline(__always)
private func least(_ a: Float, _ b: Float) -> Float { a < b || a.isNaN ? a : b }

// Under these names, because the enumerations above have cases `sigmoid`, `tanh` and `softplus` that would
// win inside their extensions.
@inline(__always)
private func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

@inline(__always)
private func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }

@inline(__always)
private func logarithmOfOnePlusExponential(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) }
