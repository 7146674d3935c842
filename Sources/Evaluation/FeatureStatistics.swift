/// The mean and the covariance of features, gathered batch after batch, in doubles.
public struct FeatureStatistics: Sendable {
  /// Of one sample.
  public let featureCount: Int
  /// How many samples were added.
  public private(set) var count = 0
  private var sums: [Double]
  /// Σ x·xᵀ, of which the lower half is kept.
  private var products: [Double]
  /// The first sample, which all are counted from: sums of what lies far from zero lose digits.
  private var origin: [Double] = []

  /// Without any samples.
  public init(featureCount: Int) {
    precondition(featureCount > 0, "statistics of \(featureCount) features")
    self.featureCount = featureCount
    sums = [Double](repeating: 0, count: featureCount)
    products = [Double](repeating: 0, count: featureCount * featureCount)
  }

  /// Adds samples, one after the other: `[N, featureCount]`, row-major.
  public mutating func add(_ features: [Float]) {
    let n = featureCount
    precondition(features.count.isMultiple(of: n), "\(features.count) numbers are no samples of \(n) features")
    if origin.isEmpty { origin = features.prefix(n).map(Double.init) }
    var sample = [Double](repeating: 0, count: n)
    for start in stride(from: 0, to: features.count, by: n) {
      for i in 0..<n {
        sample[i] = Double(features[start + i]) - origin[i]
        sums[i] += sample[i]
      }
      products.withUnsafeMutableBufferPointer { products in
        sample.withUnsafeBufferPointer { sample in
          for i in 0..<n {
            let value = sample[i], row = UnsafeMutableBufferPointer(rebasing: products[i * n..<i * n + n])
            for j in 0...i { row[j] += value * sample[j] }
          }
        }
      }
      count += 1
    }
  }

  /// `[featureCount]`.
  public var mean: [Double] { zip(origin, sums).map { $0 + $1 / Double(count) } }

  /// `[featureCount, featureCount]`, over one less than the number of samples, which is at least 2.
  var covariance: SymmetricMatrix {
    precondition(count >= 2, "the covariance of \(count) samples; 2 are the fewest")
    let n = featureCount
    var elements = products
    for i in 0..<n {
      for j in 0...i {
        let value = (products[i * n + j] - sums[i] * sums[j] / Double(count)) / Double(count - 1)
        (elements[i * n + j], elements[j * n + i]) = (value, value)
      }
    }
    return SymmetricMatrix(size: n, elements: elements)
  }
}

/// The Fréchet distance of two normal distributions with these means and covariances: `|μ₁ − μ₂|² + Tr(Σ₁ + Σ₂ − 2 (Σ₁Σ₂)^½)`
/// (Heusel et al., 2017), the trace of the root being the sum of the roots of the eigenvalues of `Σ₁Σ₂`.
///
/// It falls with the number of samples, so compare those of equally many, 2,048 at least. FID is only what is of the features of
/// the Inception network of 2015 on 50,000 samples.
public func frechetDistance(_ first: FeatureStatistics, _ second: FeatureStatistics) -> Double {
  precondition(
    first.featureCount == second.featureCount, "a distance between \(first.featureCount) and \(second.featureCount) features")
  let n = first.featureCount
  let (a, b) = (first.covariance, second.covariance)
  // Σ₁ = L·Lᵀ, so Σ₁Σ₂ has the eigenvalues of the symmetric Lᵀ·Σ₂·L.
  let factor = a.choleskyFactor()
  let turned = product(b.elements, factor, n)
  var inner = product(factor, transposed: true, turned, n)
  for i in 0..<n {
    for j in 0..<i {
      let value = (inner[i * n + j] + inner[j * n + i]) / 2
      (inner[i * n + j], inner[j * n + i]) = (value, value)
    }
  }
  let roots = SymmetricMatrix(size: n, elements: inner).eigenvalues().reduce(0) { $0 + max(0, $1).squareRoot() }
  let trace = (0..<n).reduce(0.0) { $0 + a.elements[$1 * n + $1] + b.elements[$1 * n + $1] }
  let between = zip(first.mean, second.mean).reduce(0.0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  return between + trace - 2 * roots
}

/// `a · b` of square matrices, or `aᵀ · b`, a row of the result at a time.
private func product(_ a: [Double], transposed: Bool = false, _ b: [Double], _ n: Int) -> [Double] {
  let (row, column) = transposed ? (1, n) : (n, 1)
  var result = [Double](repeating: 0, count: n * n)
  result.withUnsafeMutableBufferPointer { result in
    for i in 0..<n {
      for k in 0..<n where a[i * row + k * column] != 0 {
        let value = a[i * row + k * column]
        for j in 0..<n { result[i * n + j] += value * b[k * n + j] }
      }
    }
  }
  return result
}
