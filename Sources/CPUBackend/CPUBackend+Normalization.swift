import Backends
import CVectorLoops

extension CPUBackend {
  public func moments(
    _ normalization: Normalization, _ input: any Storage
  ) -> (mean: any Storage, variance: any Storage) {
    let (groups, channels) = (normalization.groups, normalization.channels)
    let statistics = normalization.statisticsCount
    guard failure.arePresent(input, operation: "moments") else { return (missing(statistics), missing(statistics)) }
    let x = read(input, normalization.count, "moments")
    let runs = normalization.runs
    let made = make(statistics, statistics) { outputs in
      // Of each run of rows, joined in order by Chan's formula.
      try withPartialSums(2 * groups * runs.count * channels) { partial in
        forEachTask(groups * runs.count, weight: runs.width * channels) { task in
          let (group, run) = (task / runs.count, runs[task % runs.count])
          let result = partial + 2 * task * channels
          vl_moments(
            x + (group * normalization.rows + run.lowerBound) * channels, run.count, channels, result,
            result + channels)
        }
        for i in 0..<statistics {
          let (group, channel) = (i / channels, i % channels)
          var rows = 0.0, average = 0.0, squares = 0.0
          for run in 0..<runs.count {
            let part = partial + 2 * (group * runs.count + run) * channels + channel
            let added = Double(runs[run].count), delta = part[0] - average
            average += delta * added / (rows + added)
            squares += part[channels] + delta * delta * rows * added / (rows + added)
            rows += added
          }
          outputs[0][i] = Float(average)
          outputs[1][i] = Float(squares / rows)
        }
      }
    }
    return (made[0], made[1])
  }

  public func normalize(
    _ normalization: Normalization, _ input: any Storage, mean: any Storage, variance: any Storage,
    scale: (any Storage)?, offset: (any Storage)?, activation: Activation
  ) -> any Storage {
    let channels = normalization.channels, statistics = normalization.statisticsCount
    guard failure.arePresent(input, mean, variance, scale, offset, operation: "normalize") else {
      return missing(normalization.count)
    }
    let x = read(input, normalization.count, "normalize")
    let mean = read(mean, statistics, "normalize, mean")
    let variance = read(variance, statistics, "normalize, variance")
    let gamma = scale.map { read($0, channels, "normalize, scale") }
    let beta = offset.map { read($0, channels, "normalize, offset") }
    let (kind, parameter) = activation.loop
    return make(normalization.count) { output in
      let factors = try self.factors(normalization, mean: mean, variance: variance, scale: gamma, offset: beta)
      forEachRows(of: normalization) { group, first, rows in
        let at = first * channels
        vl_normalize(
          x + at, factors.pointer + group * channels, factors.pointer + statistics + group * channels, kind,
          parameter, output + at, rows, channels)
      }
    }
  }

  public func normalizationGradient(
    _ normalization: Normalization, input: any Storage, outputGradient: any Storage, mean: any Storage,
    variance: any Storage, scale: (any Storage)?, offset: (any Storage)?, activation: Activation
  ) -> (input: any Storage, scale: any Storage, offset: any Storage) {
    let (groups, channels) = (normalization.groups, normalization.channels)
    let statistics = normalization.statisticsCount, rows = Double(normalization.rows)
    guard
      failure.arePresent(
        input, outputGradient, mean, variance, scale, offset, operation: "normalizationGradient")
    else { return (missing(normalization.count), missing(statistics), missing(statistics)) }
    let x = read(input, normalization.count, "normalizationGradient, input")
    let dy = read(outputGradient, normalization.count, "normalizationGradient, output gradient")
    let mean = read(mean, statistics, "normalizationGradient, mean")
    let variance = read(variance, statistics, "normalizationGradient, variance")
    let gamma = scale.map { read($0, channels, "normalizationGradient, scale") }
    let beta = offset.map { read($0, channels, "normalizationGradient, offset") }

    let runs = normalization.runs
    let (kind, parameter) = activation.loop
    let made = make(normalization.count, statistics, statistics) { outputs in
      let (inputGradient, scaleGradient, offsetGradient) = (outputs[0], outputs[1], outputs[2])
      let factors = try self.factors(normalization, mean: mean, variance: variance, scale: gamma, offset: beta)
      func groupFactors(_ group: Int) -> VLNormalizationFactors {
        let own = group * channels
        return VLNormalizationFactors(
          mean: mean + own, factor: factors.pointer + own, shift: factors.pointer + statistics + own,
          activation: kind, parameter: parameter)
      }
      let coefficients = try scratch(2 * statistics)
      let (b, c) = (coefficients.pointer, coefficients.pointer + statistics)
      try withPartialSums(2 * groups * runs.count * channels) { partial in
        forEachTask(groups * runs.count, weight: 2 * runs.width * channels) { task in
          let (group, run) = (task / runs.count, runs[task % runs.count])
          let at = (group * normalization.rows + run.lowerBound) * channels
          let result = partial + 2 * task * channels
          var own = groupFactors(group)
          vl_normalization_sums(&own, x + at, dy + at, run.count, channels, result, result + channels)
        }
        for i in 0..<statistics {
          let (group, channel) = (i / channels, i % channels)
          var scaleSum = 0.0, offsetSum = 0.0
          for run in 0..<runs.count {
            let part = partial + 2 * (group * runs.count + run) * channels + channel
            scaleSum += part[0]
            offsetSum += part[channels]
          }
          let inverse = normalization.inverseDeviation(variance[i])
          let factor = Double(gamma?[channel] ?? 1) * inverse
          scaleGradient[i] = Float(scaleSum * inverse)
          offsetGradient[i] = Float(offsetSum)
          // dx = γ/σ · (dy − Σdy/rows − (x − mean)/σ² · Σ dy (x − mean)/rows)
          b[i] = Float(-factor * inverse * inverse * scaleSum / rows)
          c[i] = Float(-factor * offsetSum / rows)
        }
      }
      forEachRows(of: normalization) { group, first, rows in
        let at = first * channels, own = group * channels
        var factors = groupFactors(group)
        vl_normalization_gradient(&factors, x + at, dy + at, b + own, c + own, inputGradient + at, rows, channels)
      }
    }
    return (made[0], made[1], made[2])
  }

  /// A normalization as `factor · x + shift`: all factors, then all shifts.
  private func factors(
    _ normalization: Normalization, mean: UnsafePointer<Float>, variance: UnsafePointer<Float>,
    scale: UnsafePointer<Float>?, offset: UnsafePointer<Float>?
  ) throws -> HostStorage {
    let statistics = normalization.statisticsCount, factors = try scratch(2 * statistics)
    for i in 0..<statistics {
      let channel = i % normalization.channels
      let factor = normalization.inverseDeviation(variance[i]) * Double(scale?[channel] ?? 1)
      factors.pointer[i] = Float(factor)
      factors.pointer[statistics + i] = Float(Double(offset?[channel] ?? 0) - Double(mean[i]) * factor)
    }
    return factors
  }

  /// Calls `body` for runs of rows of one group that make up the whole array.
  private func forEachRows(
    of normalization: Normalization, _ body: (_ group: Int, _ firstRow: Int, _ rows: Int) -> Void
  ) {
    let runs = normalization.runs
    forEachTask(normalization.groups * runs.count, weight: runs.width * normalization.channels) { task in
      let (group, run) = (task / runs.count, runs[task % runs.count])
      body(group, group * normalization.rows + run.lowerBound, run.count)
    }
  }
}

extension Normalization {
  /// Rows of one group that one thread takes at a time: some 16,384 elements.
  fileprivate var runs: Tiles { Tiles(of: rows, width: max(64, 16_384 / max(1, channels) / 64 * 64)) }

  fileprivate func inverseDeviation(_ variance: Float) -> Double {
    1 / (Double(variance) + Double(epsilon)).squareRoot()
  }
}
