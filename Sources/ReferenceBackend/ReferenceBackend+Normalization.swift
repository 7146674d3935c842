import Backends

extension ReferenceBackend {
  public func moments(
    _ normalization: Normalization, _ input: any Storage
  ) -> (mean: any Storage, variance: any Storage) {
    let rows = Double(normalization.rows)
    guard failure.arePresent(input, operation: "moments") else {
      return (missing(normalization.statisticsCount), missing(normalization.statisticsCount))
    }
    let x = read(input, normalization.count, "moments")
    // The variance is around the exact mean, not the one rounded to single precision.
    var means = [Double](repeating: 0, count: normalization.statisticsCount)
    let mean = accumulate(normalization.statisticsCount) { sums in
      normalization.forEachElement { i, group, _ in sums[group] += Double(x[i]) / rows }
      for i in means.indices { means[i] = sums[i] }
    }
    let variance = accumulate(normalization.statisticsCount) { sums in
      normalization.forEachElement { i, group, _ in
        let difference = Double(x[i]) - means[group]
        sums[group] += difference * difference / rows
      }
    }
    return (mean, variance)
  }

  public func normalize(
    _ normalization: Normalization, _ input: any Storage, mean: any Storage, variance: any Storage,
    scale: (any Storage)?, offset: (any Storage)?, activation: Activation
  ) -> any Storage {
    guard failure.arePresent(input, mean, variance, scale, offset, operation: "normalize") else {
      return missing(normalization.count)
    }
    let x = read(input, normalization.count, "normalize")
    let mean = read(mean, normalization.statisticsCount, "normalize, mean")
    let variance = read(variance, normalization.statisticsCount, "normalize, variance")
    let scale = scale.map { read($0, normalization.channels, "normalize, scale") }
    let offset = offset.map { read($0, normalization.channels, "normalize, offset") }
    return compute(normalization.count) { output in
      normalization.forEachElement { i, group, channel in
        let deviation = (Double(variance[group]) + Double(normalization.epsilon)).squareRoot()
        let normalized = (Double(x[i]) - Double(mean[group])) / deviation
        let scaled = normalized * (scale.map { Double($0[channel]) } ?? 1)
        output[i] = activation(Float(scaled + (offset.map { Double($0[channel]) } ?? 0)))
      }
    }
  }

  /// With `x̂ = (x − mean) / √(variance + ε)`, `dy` the gradient before the activation and sums over the rows:
  /// `offset = Σ dy`, `scale = Σ dy · x̂`, `input = γ / √(variance + ε) · (dy − offset / rows − x̂ · scale / rows)`.
  public func normalizationGradient(
    _ normalization: Normalization, input: any Storage, outputGradient: any Storage, mean: any Storage,
    variance: any Storage, scale: (any Storage)?, offset: (any Storage)?, activation: Activation
  ) -> (input: any Storage, scale: any Storage, offset: any Storage) {
    let statistics = normalization.statisticsCount, rows = Double(normalization.rows)
    guard
      failure.arePresent(
        input, outputGradient, mean, variance, scale, offset, operation: "normalizationGradient")
    else { return (missing(normalization.count), missing(statistics), missing(statistics)) }
    let x = read(input, normalization.count, "normalizationGradient, input")
    let arriving = read(outputGradient, normalization.count, "normalizationGradient, output gradient")
    let mean = read(mean, statistics, "normalizationGradient, mean")
    let variance = read(variance, statistics, "normalizationGradient, variance")
    let gamma = scale.map { read($0, normalization.channels, "normalizationGradient, scale") }
    let beta = offset.map { read($0, normalization.channels, "normalizationGradient, offset") }

    func inverseDeviation(_ group: Int) -> Double {
      1 / (Double(variance[group]) + Double(normalization.epsilon)).squareRoot()
    }
    func normalized(_ i: Int, _ group: Int) -> Double {
      (Double(x[i]) - Double(mean[group])) * inverseDeviation(group)
    }
    let passed = compute(normalization.count) { passed in
      normalization.forEachElement { i, group, channel in
        let scaled = normalized(i, group) * (gamma.map { Double($0[channel]) } ?? 1)
        let output = activation(Float(scaled + (beta.map { Double($0[channel]) } ?? 0)))
        passed[i] = activation.gradient(output: output, gradient: arriving[i])
      }
    }
    guard failure.arePresent(passed, operation: "normalizationGradient") else {
      return (missing(normalization.count), missing(statistics), missing(statistics))
    }
    let dy = passed.pointer

    var scaleSums = [Double](repeating: 0, count: statistics), offsetSums = scaleSums
    normalization.forEachElement { i, group, _ in
      offsetSums[group] += Double(dy[i])
      scaleSums[group] += Double(dy[i]) * normalized(i, group)
    }
    let inputGradient = compute(normalization.count) { output in
      normalization.forEachElement { i, group, channel in
        let centred = Double(dy[i]) - offsetSums[group] / rows - normalized(i, group) * scaleSums[group] / rows
        output[i] = Float((gamma.map { Double($0[channel]) } ?? 1) * inverseDeviation(group) * centred)
      }
    }
    let scaleGradient = compute(statistics) { for i in 0..<statistics { $0[i] = Float(scaleSums[i]) } }
    let offsetGradient = compute(statistics) { for i in 0..<statistics { $0[i] = Float(offsetSums[i]) } }
    return (inputGradient, scaleGradient, offsetGradient)
  }
}

extension Normalization {
  /// Calls `body` with the index of every element of `[groups, rows, channels]`, of its statistics and of
  /// its channel.
  @inline(__always)
  fileprivate func forEachElement(_ body: (_ i: Int, _ statistic: Int, _ channel: Int) -> Void) {
    for group in 0..<groups {
      for row in 0..<rows {
        for channel in 0..<channels {
          body((group * rows + row) * channels + channel, group * channels + channel, channel)
        }
      }
    }
  }
}
