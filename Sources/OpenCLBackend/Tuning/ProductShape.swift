import Foundation

/// What the best way to compute a product depends on.
public struct ProductShape: Hashable, Codable, Sendable {
  /// What the operands are and how they lie: only products of one kind are compared.
  public let kind: String
  public let batch: Int
  public let m: Int
  public let n: Int
  public let k: Int

  init(_ product: GeneralProduct) {
    (batch, m, n, k) = (product.batch, product.m, product.n, product.k)
    var right = ""
    switch product.right {
    case .rows: right = "rows"
    case .columns: right = "columns"
    case .phase: right = "filter"
    }
    let left: String
    if product.left.isMatrix {
      left = "matrix"
    } else {
      let taps = (0..<3).map { "\(product.left.taps[$0])" }.joined(separator: "×")
      left = "patches \(taps)" + (product.left.step == [1, 1, 1] ? "" : ", stride \(product.left.step[2])")
    }
    kind = "\(left)\(product.transposesLeft ? " transposed" : ""), \(right)"
  }

  /// How unlike two shapes of one kind are: the factors between their extents, in powers of two, added up.
  func distance(to other: ProductShape) -> Double? {
    guard kind == other.kind, (batch == 1) == (other.batch == 1) else { return nil }
    let extents = zip([batch, m, n, k], [other.batch, other.m, other.n, other.k])
    return extents.reduce(0.0) { (sum: Double, pair: (Int, Int)) -> Double in
      sum + abs(log2(Double(max(1, pair.0)) / Double(max(1, pair.1))))
    }
  }
}
