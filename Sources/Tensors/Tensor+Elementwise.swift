import Backends

extension Tensor {
  /// `operation` on every element.
  func unary(
    _ operation: UnaryOperation, savesOutput: Bool = false, pullback: @escaping Node.Pullback
  ) -> Tensor {
    Tensor(
      device.backend.unary(operation, storage), shape: shape, inputs: [self], savesOutput: savesOutput,
      pullback: pullback)
  }

  /// `scale · x + offset`.
  public func affine(scale: Float, offset: Float) -> Tensor {
    if let value = uniformValue { return Tensor(uniform: scale * value + offset, shape: shape, on: device) }
    return unary(.affine(scale: scale, offset: offset)) { gradient, _, _ in
      [scale == 1 ? gradient : gradient.affine(scale: scale, offset: 0)]
    }
  }

  /// `eˣ`.
  public func exp() -> Tensor {
    unary(.exponential, savesOutput: true) { gradient, output, _ in [gradient * output] }
  }

  /// The natural logarithm.
  public func log() -> Tensor { unary(.logarithm) { gradient, _, _ in [gradient / self] } }

  /// `log(1 + x)`, exact for small x.
  public func log1p() -> Tensor { unary(.logarithmOnePlus) { gradient, _, _ in [gradient / (self + 1)] } }

  /// `eˣ − 1`, exact for small x.
  public func expm1() -> Tensor { expm1(scale: 1) }

  private func expm1(scale: Float) -> Tensor {
    unary(.exponentialMinusOne(scale: scale), savesOutput: true) { gradient, output, _ in [gradient * (output + scale)] }
  }

  /// `√x`; NaN for x < 0. The derivative at 0 is infinite.
  public func squareRoot() -> Tensor {
    unary(.squareRoot, savesOutput: true) { gradient, output, _ in [0.5 * (gradient / output)] }
  }

  /// `1 / √x`.
  public func reciprocalSquareRoot() -> Tensor {
    unary(.reciprocalSquareRoot, savesOutput: true) { gradient, output, _ in
      [-0.5 * (gradient * (output * output.squared()))]
    }
  }

  /// `x²`.
  public func squared() -> Tensor { unary(.square) { gradient, _, _ in [2 * gradient * self] } }

  /// `1 / x`.
  public func reciprocal() -> Tensor {
    unary(.reciprocal, savesOutput: true) { gradient, output, _ in [-(gradient * output.squared())] }
  }

  /// `|x|`, with derivative 0 at 0.
  public func absolute() -> Tensor { unary(.absolute) { gradient, _, _ in [gradient * self.sign()] } }

  /// −1, 0 or 1. No gradient.
  public func sign() -> Tensor { detached().unary(.sign) { _, _, _ in [nil] } }

  /// The largest whole number not above x. No gradient.
  public func floor() -> Tensor { detached().unary(.floor) { _, _, _ in [nil] } }

  /// The sine of x in radians.
  public func sin() -> Tensor { unary(.sine) { gradient, _, _ in [gradient * self.cos()] } }
  /// The cosine of x in radians.
  public func cos() -> Tensor { unary(.cosine) { gradient, _, _ in [-(gradient * self.sin())] } }

  /// `log(1 + eˣ)`.
  public func softplus() -> Tensor { unary(.softplus) { gradient, _, _ in [gradient * self.sigmoid()] } }

  /// `min(max(x, low), high)`; no gradient passes outside of the bounds.
  public func clamped(low: Float = -.infinity, high: Float = .infinity) -> Tensor {
    unary(.clamp(low: low, high: high)) { gradient, _, _ in [gradient * (self >= low) * (self <= high)] }
  }

  /// `self` to a constant power.
  public func power(_ exponent: Float) -> Tensor {
    unary(.power(exponent: exponent)) { gradient, _, _ in [gradient * (exponent * self.power(exponent - 1))] }
  }
}

// MARK: Activations

extension Tensor {
  /// Applies `activation` to every element. As an argument of the operation before it, it costs less.
  public func activated(_ activation: Activation) -> Tensor {
    if activation == .identity { return self }
    return unary(.activation(activation), savesOutput: true) { gradient, output, _ in
      [gradient.activationGradient(activation, output: output)]
    }
  }

  /// `self · f′`, where `f′` is the derivative of `activation` written in terms of its `output`.
  func activationGradient(_ activation: Activation, output: Tensor) -> Tensor {
    if activation == .identity { return self }
    let gradient = self
    return .binary(
      .activationGradient(activation), output, gradient, named: "activation gradient"
    ) { second, _, needs in
      let byOutput: Tensor? =
        switch activation {
        case .identity, .relu, .leakyReLU: nil  // piecewise linear: f″ = 0
        case .sigmoid: second * gradient * (1 - 2 * output)
        case .tanh: second * gradient * (-2 * output)
        case .elu:
          second * gradient * (1 - (output > 0))
        }
      return [
        needs[0] ? byOutput : nil,
        needs[1] ? second.activationGradient(activation, output: output) : nil,
      ]
    }
  }

  /// What a layer's pullback begins with, `self` being the gradient by its `output`: that in front of its activation, and
  /// the bias' if it is needed.
  func gradientsBehind(
    _ activation: Activation, output: Tensor, needsBias: Bool
  ) -> (gradient: Tensor, bias: Tensor?) {
    if needsBias, activation != .identity, !Tape.isRecording {
      let (gradient, bias) = device.backend.activationAndBiasGradients(
        activation, output: output.storage, gradient: storage, channels: shape[-1])
      return (Tensor(gradient, shape: shape, on: device), Tensor(bias, shape: [shape[-1]], on: device))
    }
    let gradient = activationGradient(activation, output: output)
    return (gradient, needsBias ? gradient.sumOverChannels() : nil)
  }

  /// `max(x, 0)`.
  public func relu() -> Tensor { activated(.relu) }
  /// `x > 0 ? x : slope · x`. Keras' default slope.
  public func leakyReLU(slope: Float = 0.3) -> Tensor { activated(.leakyReLU(slope: slope)) }
  /// `1 / (1 + e⁻ˣ)`.
  public func sigmoid() -> Tensor { activated(.sigmoid) }
  /// The hyperbolic tangent.
  public func tanh() -> Tensor { activated(.tanh) }
  /// `x > 0 ? x : alpha · (eˣ − 1)`.
  public func elu(alpha: Float = 1) -> Tensor { activated(.elu(alpha: alpha)) }

  /// `x > 0 ? x : slope · x` with a learned slope that broadcasts against x (He et al., 2015).
  public func prelu(slope: Tensor) -> Tensor { relu() - slope * (-self).relu() }

  /// The cross-entropy, in nats, of the probability σ(self) with the target probability `targets`, element
  /// by element: `max(x, 0) − x · t + log(1 + e^−|x|)`, finite for every logit.
  public func sigmoidCrossEntropy(_ targets: Tensor) -> Tensor {
    .binary(
      .sigmoidCrossEntropy, self, targets, named: "sigmoidCrossEntropy", pullback: crossEntropyPullback(targets))
  }

  /// The mean of ``sigmoidCrossEntropy(_:)``, a scalar, in fewer operations.
  package func meanSigmoidCrossEntropy(_ targets: Tensor) -> Tensor {
    .meanOfPairs(
      .sigmoidCrossEntropy, self, targets, named: "meanSigmoidCrossEntropy", pullback: crossEntropyPullback(targets))
  }

  private func crossEntropyPullback(_ targets: Tensor) -> Node.Pullback {
    let logits = self
    return { gradient, _, needs in
      [
        needs[0] ? gradient.scaling { logits.sigmoidMinus(targets, scale: $0) }.sum(to: logits.shape) : nil,
        needs[1] ? (-(gradient * logits)).sum(to: targets.shape) : nil,
      ]
    }
  }

  /// `scale · (σ(self) − targets)`: the derivative of the cross-entropy.
  private func sigmoidMinus(_ targets: Tensor, scale: Float) -> Tensor {
    let logits = self
    return .binary(.sigmoidMinus(scale: scale), logits, targets, named: "sigmoidMinus") { gradient, _, needs in
      let probability = logits.sigmoid(), scaled = scale * gradient
      return [
        needs[0] ? (scaled * (probability * (1 - probability))).sum(to: logits.shape) : nil,
        needs[1] ? (-scaled).sum(to: targets.shape) : nil,
      ]
    }
  }

  /// `scale · (self² + e^logVariance − 1 − logVariance)`, element by element: with the scale ½ the divergence, in nats, of
  /// N(self, e^logVariance) from the unit normal. Nothing cancels against 1 near the unit normal, where it vanishes.
  public func divergenceFromUnitNormal(logVariance: Tensor, scale: Float = 0.5) -> Tensor {
    .binary(
      .unitNormalDivergence(scale: scale), self, logVariance, named: "divergenceFromUnitNormal",
      pullback: divergencePullback(logVariance, scale))
  }

  /// The mean of ``divergenceFromUnitNormal(logVariance:scale:)``, a scalar, in fewer operations.
  package func meanDivergenceFromUnitNormal(logVariance: Tensor, scale: Float = 0.5) -> Tensor {
    .meanOfPairs(
      .unitNormalDivergence(scale: scale), self, logVariance, named: "meanDivergenceFromUnitNormal",
      pullback: divergencePullback(logVariance, scale))
  }

  private func divergencePullback(_ logVariance: Tensor, _ scale: Float) -> Node.Pullback {
    let mean = self
    return { gradient, _, needs in
      [
        needs[0] ? (2 * scale * gradient * mean).sum(to: mean.shape) : nil,
        needs[1]
          ? gradient.scaling { logVariance.expm1(scale: scale * $0) }.sum(to: logVariance.shape) : nil,
      ]
    }
  }

  /// `self · factor(1)`, of a factor that is made with a scale: in one operation if all elements of `self` are the same.
  private func scaling(_ factor: (_ scale: Float) -> Tensor) -> Tensor {
    if let uniformValue { factor(uniformValue).broadcast(to: shape) } else { self * factor(1) }
  }
}
