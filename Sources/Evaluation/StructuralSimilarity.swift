import Foundation
import Pictures

/// The structural similarity of two pictures of one size, 1 for equal ones (Wang et al., 2004): the mean of
/// `(2 μ₁μ₂ + c₁)(2 σ₁₂ + c₂) / ((μ₁² + μ₂² + c₁)(σ₁² + σ₂² + c₂))` over all windows of 11×11 pixels that lie in the pictures, weighted by a
/// Gaussian of deviation 1.5, with `c₁ = (0.01 · 255)²` and `c₂ = (0.03 · 255)²`.
///
/// - Parameters:
///   - channels: The mean is over all of them.
///   - border: The pixels at every edge that are left out; at least 11 pixels must be left in both directions.
public func structuralSimilarity(
  _ first: Picture, _ second: Picture, on channels: ComparedChannels = .rgb, border: Int = 0
) -> Double {
  let (first, second) = comparedPlanes(first, second, channels, border: border)
  let (width, height) = (first.width, first.height)
  precondition(width >= 11 && height >= 11, "a structural similarity of \(width)×\(height) pixels; 11×11 are the fewest")
  let similarities = zip(first.planes, second.planes).map { a, b in
    let means = (windowed(a, width, height), windowed(b, width, height))
    let squares = (windowed(product(a, a), width, height), windowed(product(b, b), width, height))
    let products = windowed(product(a, b), width, height)
    let (c1, c2) = (2.55 * 2.55, 7.65 * 7.65)
    var sum = 0.0
    for index in products.indices {
      let (m1, m2) = (means.0[index], means.1[index])
      let variances = squares.0[index] - m1 * m1 + squares.1[index] - m2 * m2
      let covariance = products[index] - m1 * m2
      sum += (2 * m1 * m2 + c1) * (2 * covariance + c2) / ((m1 * m1 + m2 * m2 + c1) * (variances + c2))
    }
    return sum / Double(products.count)
  }
  return similarities.reduce(0, +) / Double(similarities.count)
}

private func product(_ a: [Double], _ b: [Double]) -> [Double] { a.indices.map { a[$0] * b[$0] } }

private let gaussian: [Double] = {
  let weights = (-5...5).map { (x: Int) -> Double in exp(-Double(x * x) / (2 * 1.5 * 1.5)) }
  let sum = weights.reduce(0, +)
  return weights.map { $0 / sum }
}()

/// The weighted mean of every window, along rows and then along columns.
private func windowed(_ plane: [Double], _ width: Int, _ height: Int) -> [Double] {
  let (columns, rows) = (width - 10, height - 10)
  var along = [Double](repeating: 0, count: height * columns)
  for row in 0..<height {
    for (tap, weight) in gaussian.enumerated() {
      for column in 0..<columns { along[row * columns + column] += weight * plane[row * width + column + tap] }
    }
  }
  var result = [Double](repeating: 0, count: rows * columns)
  for row in 0..<rows {
    for (tap, weight) in gaussian.enumerated() {
      for column in 0..<columns { result[row * columns + column] += weight * along[(row + tap) * columns + column] }
    }
  }
  return result
}
