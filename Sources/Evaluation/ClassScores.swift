import Foundation

/// The Inception score (Salimans et al., 2016): `exp(mean of KL(p(y|x) ‖ p(y)))`, from 1 to the number of classes, of equal parts of the samples in
/// their order.
///
/// - Parameters:
///   - logits: What a classifier says before its softmax, `[N, classes]`, row-major.
///   - parts: 10 in the paper; what is left over by the division belongs to none.
/// - Returns: The mean over the parts and their population standard deviation.
public func inceptionScore(logits: [Float], classes: Int, parts: Int = 10) -> (mean: Double, deviation: Double) {
  let count = logits.count / classes / parts
  precondition(
    parts > 0 && count > 0 && logits.count.isMultiple(of: classes),
    "an inception score of \(parts) parts of \(logits.count) logits of \(classes) classes")
  return meanAndDeviation(
    (0..<parts).map { part in
      let logarithms = (part * count..<(part + 1) * count).map { logarithmicSoftmax(logits, sample: $0, classes: classes) }
      var marginal = [Double](repeating: 0, count: classes)
      for sample in logarithms { for y in 0..<classes { marginal[y] += exp(sample[y]) / Double(count) } }
      let divergences = logarithms.map { sample in
        (0..<classes).reduce(0.0) { sum, y in
          let p = exp(sample[y])
          return p > 0 ? sum + p * (sample[y] - log(marginal[y])) : sum
        }
      }
      return exp(divergences.reduce(0, +) / Double(count))
    })
}

private func logarithmicSoftmax(_ logits: [Float], sample: Int, classes: Int) -> [Double] {
  let row = logits[sample * classes..<(sample + 1) * classes].map(Double.init)
  let largest = row.max()!
  let logarithm = largest + log(row.reduce(0) { $0 + exp($1 - largest) })
  return row.map { $0 - logarithm }
}

/// The Kullback–Leibler divergence of two histograms with bins that match: `Σ p log(p / q)` in nats, both scaled to a sum of 1; infinite where
/// only `first` has something in a bin.
public func kullbackLeiblerDivergence(_ first: [Double], _ second: [Double]) -> Double {
  let (p, q) = (shares(first), shares(second))
  precondition(p.count == q.count, "histograms of \(p.count) and \(q.count) bins")
  return zip(p, q).reduce(0) { sum, pair in pair.0 > 0 ? sum + pair.0 * log(pair.0 / pair.1) : sum }
}

/// The Jensen–Shannon divergence of two histograms, in nats: the mean of the divergences of both from their mean; from 0 to `log 2`.
public func jensenShannonDivergence(_ first: [Double], _ second: [Double]) -> Double {
  let (p, q) = (shares(first), shares(second))
  precondition(p.count == q.count, "histograms of \(p.count) and \(q.count) bins")
  let middle = zip(p, q).map { ($0 + $1) / 2 }
  return (kullbackLeiblerDivergence(p, middle) + kullbackLeiblerDivergence(q, middle)) / 2
}

private func shares(_ histogram: [Double]) -> [Double] {
  let sum = histogram.reduce(0, +)
  precondition(sum > 0 && histogram.allSatisfy { $0 >= 0 }, "a histogram without anything in it, or with less than nothing")
  return histogram.map { $0 / sum }
}
