import Backends

extension Tensor {
  /// A normalized tensor and the moments that were used, which are constants.
  public struct Normalized: Sendable {
    /// The normalized tensor, of the input's shape.
    public let output: Tensor
    /// Means: `[C]` of a batch, `[N, C]` of instances.
    public let mean: Tensor
    /// Population variances (divided by the number of elements), of the same shape as `mean`.
    public let variance: Tensor
  }

  /// `activation(scale · (x − mean) / √(variance + ε) + offset)` with the moments of each channel over the
  /// whole batch: batch normalization while training. `scale` and `offset` are `[C]`.
  public func batchNormalized(
    scale: Tensor?, offset: Tensor?, epsilon: Float, activation: Activation = .identity
  ) -> Normalized {
    var averages: MovingMoments?
    return batchNormalized(scale: scale, offset: offset, epsilon: epsilon, activation: activation, averages: &averages)
  }

  /// The same; `averages` of the moments, if there are any, follow.
  package func batchNormalized(
    scale: Tensor?, offset: Tensor?, epsilon: Float, activation: Activation, averages: inout MovingMoments?
  ) -> Normalized {
    require(rank >= 2, "batch normalization: an input of shape \(shape) has no channels")
    let normalization = Normalization(groups: 1, rows: count / Swift.max(1, shape[-1]), channels: shape[-1], epsilon: epsilon)
    return normalized(
      normalization, scale: scale, offset: offset, activation: activation, momentShape: [shape[-1]], averages: &averages)
  }

  /// The same with moments for each sample and channel, over space: `[N, …, C]` (Ulyanov et al., 2016).
  public func instanceNormalized(
    scale: Tensor?, offset: Tensor?, epsilon: Float, activation: Activation = .identity
  ) -> Normalized {
    require(rank >= 3, "instance normalization: an input of shape \(shape) has no space")
    let (samples, channels) = (shape[0], shape[-1])
    let normalization = Normalization(
      groups: samples, rows: count / Swift.max(1, samples * channels), channels: channels, epsilon: epsilon)
    var averages: MovingMoments?
    return normalized(
      normalization, scale: scale, offset: offset, activation: activation, momentShape: [samples, channels],
      averages: &averages)
  }

  /// Normalization of the last axis of every row, then `scale` and `offset` `[C]` (Ba et al., 2016).
  public func layerNormalized(scale: Tensor?, offset: Tensor?, epsilon: Float) -> Tensor {
    require(rank >= 1, "layer normalization: a scalar has no features")
    let normalization = Normalization(
      groups: count / Swift.max(1, shape[-1]), rows: shape[-1], channels: 1, epsilon: epsilon)
    var averages: MovingMoments?
    var result = normalized(
      normalization, scale: nil, offset: nil, activation: .identity, momentShape: [normalization.groups],
      averages: &averages
    ).output
    if let scale { result = result * scale }
    if let offset { result = result + offset }
    return result
  }

  private func normalized(
    _ normalization: Normalization, scale: Tensor?, offset: Tensor?, activation: Activation, momentShape: Shape,
    averages: inout MovingMoments?
  ) -> Normalized {
    for parameter in [scale, offset].compactMap({ $0 }) {
      require(
        parameter.shape == [normalization.channels],
        "normalization: a scale or offset of shape \(parameter.shape) does not fit an input of shape \(shape)")
    }
    Tensor.requireOneDevice(self, [scale, offset], for: "normalization")
    let backend = device.backend
    let (storage, mean, variance) = backend.normalizeByOwnMoments(
      normalization, self.storage, scale: scale?.storage, offset: offset?.storage, activation: activation,
      averages: &averages)
    // Absent parameters stand in as constants, so that the pullback has one form.
    let inputs = [self] + [scale, offset].map { $0 ?? Tensor(mean, shape: momentShape, on: device) }
    let output = Tensor(storage, shape: shape, inputs: inputs) { gradient, _, needs in
      if Tape.isRecording {
        // To be differentiated again: the same gradient, made of operations that the tape can follow.
        return self.composedGradient(
          normalization, gradient, scale: scale, offset: offset, activation: activation, needs: needs)
      }
      let pulled = backend.normalizationGradient(
        normalization, input: self.storage, outputGradient: gradient.storage, mean: mean, variance: variance,
        scale: scale?.storage, offset: offset?.storage, activation: activation)
      let perGroup: Shape = [normalization.groups, normalization.channels]
      let device = self.device
      return [
        needs[0] ? Tensor(pulled.input, shape: self.shape, on: device) : nil,
        needs[1] ? Tensor(pulled.scale, shape: perGroup, on: device).sum(axes: [0]) : nil,
        needs[2] ? Tensor(pulled.offset, shape: perGroup, on: device).sum(axes: [0]) : nil,
      ]
    }
    return Normalized(
      output: output, mean: Tensor(mean, shape: momentShape, on: device),
      variance: Tensor(variance, shape: momentShape, on: device))
  }

  /// With x̂ the standardized input and h = scale · gradient:
  /// `(h − mean(h) − x̂ · mean(h · x̂)) / √(variance + ε)`, and the sums that scale and offset get.
  private func composedGradient(
    _ normalization: Normalization, _ gradient: Tensor, scale: Tensor?, offset: Tensor?, activation: Activation,
    needs: [Bool]
  ) -> [Tensor?] {
    let grouped: Shape = [normalization.groups, normalization.rows, normalization.channels]
    func mean(_ x: Tensor) -> Tensor { x.mean(axes: [1], keepingDimensions: true) }
    let rows = reshaped(to: grouped)
    let centred = rows - mean(rows)
    let inverse = (mean(centred.squared()) + normalization.epsilon).reciprocalSquareRoot()
    let standard = centred * inverse
    var output = scale.map { standard * $0 } ?? standard
    if let offset { output = output + offset }
    let gradient = gradient.reshaped(to: grouped)
      .activationGradient(activation, output: output.activated(activation))
    let scaled = scale.map { gradient * $0 } ?? gradient
    return [
      needs[0]
        ? (inverse * (scaled - mean(scaled) - standard * mean(scaled * standard))).reshaped(to: shape) : nil,
      needs[1] ? (gradient * standard).sum(axes: [0, 1]) : nil,
      needs[2] ? gradient.sum(axes: [0, 1]) : nil,
    ]
  }

  /// `activation(scale · (x − mean) / √(variance + ε) + offset)` with given moments `[C]`, which are
  /// constants: batch normalization at inference.
  public func normalized(
    mean: Tensor, variance: Tensor, scale: Tensor?, offset: Tensor?, epsilon: Float,
    activation: Activation = .identity
  ) -> Tensor {
    for parameter in [mean, variance, scale, offset].compactMap({ $0 }) {
      require(
        rank >= 1 && parameter.shape == [shape[-1]],
        "normalization: moments or parameters of shape \(parameter.shape) do not fit an input of shape \(shape)")
    }
    Tensor.requireOneDevice(self, [mean, variance, scale, offset], for: "normalization")
    let (mean, variance) = (mean.detached(), variance.detached())
    let normalization = Normalization(
      groups: 1, rows: count / Swift.max(1, shape[-1]), channels: shape[-1], epsilon: epsilon)
    let storage = device.backend.normalize(
      normalization, self.storage, mean: mean.storage, variance: variance.storage, scale: scale?.storage,
      offset: offset?.storage, activation: activation)
    return Tensor(
      storage, shape: shape, inputs: [self, scale ?? mean, offset ?? mean], savesOutput: activation != .identity
    ) { gradient, output, needs in
      let gradient = gradient.activationGradient(activation, output: output)
      let inverse = (variance + epsilon).reciprocalSquareRoot()
      return [
        needs[0] ? gradient * (scale.map { $0 * inverse } ?? inverse) : nil,
        needs[1] ? (gradient * ((self - mean) * inverse)).sumOverChannels() : nil,
        needs[2] ? gradient.sumOverChannels() : nil,
      ]
    }
  }
}
