import Foundation

/// The kernel distance of two sets of features (Bińkowski et al., 2018): the unbiased estimate of the squared maximum mean discrepancy with
/// the kernel `(x·y / featureCount + 1)³`, of random subsets. Unlike the Fréchet distance it does not fall with the number of samples.
///
/// - Parameters:
///   - first: Samples one after the other, `[N, featureCount]`, row-major; at least `subsetSize`, as of `second`.
///   - subsets: How many pairs of subsets.
///   - subsetSize: Of each; at least 2.
///   - generator: Chooses the subsets, without repeating a sample.
/// - Returns: The mean over the subsets and their population standard deviation.
public func kernelDistance(
  _ first: [Float], _ second: [Float], featureCount: Int, subsets: Int = 100, subsetSize: Int = 1000,
  using generator: inout some RandomNumberGenerator
) -> (mean: Double, deviation: Double) {
  let counts = (first.count / featureCount, second.count / featureCount)
  precondition(
    subsets > 0 && subsetSize >= 2 && min(counts.0, counts.1) >= subsetSize,
    "a kernel distance of subsets of \(subsetSize) samples of \(counts.0) and \(counts.1)")
  func subset(_ features: [Float], of count: Int) -> [Double] {
    (0..<count).shuffled(using: &generator).prefix(subsetSize).flatMap { sample -> [Double] in
      let first = sample * featureCount
      return features[first..<first + featureCount].map { Double($0) }
    }
  }
  let distances = (0..<subsets).map { _ -> Double in
    let a = subset(first, of: counts.0), b = subset(second, of: counts.1), m = Double(subsetSize)
    func sum(_ a: [Double], _ b: [Double], isSame: Bool) -> Double {
      var sum = 0.0
      for i in 0..<subsetSize {
        for j in 0..<subsetSize where !isSame || i != j {
          var product = 0.0
          for k in 0..<featureCount { product += a[i * featureCount + k] * b[j * featureCount + k] }
          let kernel = product / Double(featureCount) + 1
          sum += kernel * kernel * kernel
        }
      }
      return sum
    }
    return (sum(a, a, isSame: true) + sum(b, b, isSame: true)) / (m * (m - 1)) - 2 * sum(a, b, isSame: false) / (m * m)
  }
  return meanAndDeviation(distances)
}

/// The mean and the population standard deviation.
func meanAndDeviation(_ values: [Double]) -> (mean: Double, deviation: Double) {
  let mean = values.reduce(0, +) / Double(values.count)
  return (mean, (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot())
}
