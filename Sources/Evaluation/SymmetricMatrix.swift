import Foundation

/// A symmetric matrix of doubles, both halves stored, row after row.
struct SymmetricMatrix {
  let size: Int
  var elements: [Double]

  init(size: Int, elements: [Double]) {
    precondition(elements.count == size * size)
    (self.size, self.elements) = (size, elements)
  }

  /// `L` of `self = L · Lᵀ`, lower triangular, for a matrix without negative eigenvalues. What rounding leaves of a
  /// direction without variance is zero.
  func choleskyFactor() -> [Double] {
    let n = size
    var factor = [Double](repeating: 0, count: n * n)
    let negligible = 1e-15 * Double(n) * (0..<n).reduce(0) { max($0, elements[$1 * n + $1]) }
    factor.withUnsafeMutableBufferPointer { l in
      for column in 0..<n {
        let pivot = elements[column * n + column] - dot(l, column * n, column * n, column)
        guard pivot > negligible else { continue }
        let root = pivot.squareRoot()
        l[column * n + column] = root
        for row in column + 1..<max(n, column + 1) {
          l[row * n + column] = (elements[row * n + column] - dot(l, row * n, column * n, column)) / root
        }
      }
    }
    return factor
  }

  /// All eigenvalues, in no order: Householder's reduction to three diagonals, then the implicit QL method (Golub and Van Loan, 2013,
  /// sections 8.3 and 8.4).
  func eigenvalues() -> [Double] {
    var (diagonal, beside) = tridiagonal()
    SymmetricMatrix.diagonalize(&diagonal, &beside)
    return diagonal
  }

  private func tridiagonal() -> (diagonal: [Double], beside: [Double]) {
    let n = size
    var a = elements
    var diagonal = [Double](repeating: 0, count: n), beside = [Double](repeating: 0, count: n)
    var product = [Double](repeating: 0, count: n)
    a.withUnsafeMutableBufferPointer { a in
      for k in 0..<n {
        diagonal[k] = a[k * n + k]
        guard k + 1 < n else { break }
        // Row k right of the diagonal becomes (beside, 0, …) by the reflection 1 − v · vᵀ, |v|² = 2, which lies in its place.
        let row = k * n
        var squares = 0.0
        for j in k + 1..<n { squares += a[row + j] * a[row + j] }
        let norm = squares.squareRoot()
        let sign = a[row + k + 1] < 0 ? -1.0 : 1.0
        beside[k] = -sign * norm
        guard norm > 0 else { continue }
        a[row + k + 1] += sign * norm
        let scale = 1 / (norm * abs(a[row + k + 1])).squareRoot()
        for j in k + 1..<n { a[row + j] *= scale }
        // A − v·wᵀ − w·vᵀ with w = A·v − v · (vᵀ·A·v) / 2.
        var half = 0.0
        for i in k + 1..<n {
          var sum = 0.0
          for j in k + 1..<n { sum += a[i * n + j] * a[row + j] }
          product[i] = sum
          half += sum * a[row + i]
        }
        for i in k + 1..<n { product[i] -= 0.5 * half * a[row + i] }
        for i in k + 1..<n {
          let (v, w) = (a[row + i], product[i])
          for j in k + 1..<n { a[i * n + j] -= v * product[j] + w * a[row + j] }
        }
      }
    }
    return (diagonal, beside)
  }

  /// Makes the eigenvalues of a matrix of three diagonals out of its diagonal.
  private static func diagonalize(_ d: inout [Double], _ e: inout [Double]) {
    let n = d.count
    for start in 0..<n {
      // Each takes two or three rounds; what has not converged after 100 holds what is not finite.
      for _ in 0..<100 {
        var end = start
        while end + 1 < n, abs(e[end]) > 1e-16 * (abs(d[end]) + abs(d[end + 1])) { end += 1 }
        if end == start { break }
        var g = (d[start + 1] - d[start]) / (2 * e[start])
        g = d[end] - d[start] + e[start] / (g + (g < 0 ? -1 : 1) * hypot(g, 1))
        var (sine, cosine, shift) = (1.0, 1.0, 0.0)
        var i = end - 1, isSplit = false
        while i >= start {
          let f = sine * e[i], b = cosine * e[i], r = hypot(f, g)
          e[i + 1] = r
          if r == 0 {
            d[i + 1] -= shift
            e[end] = 0
            isSplit = true
            break
          }
          (sine, cosine) = (f / r, g / r)
          g = d[i + 1] - shift
          let t = (d[i] - g) * sine + 2 * cosine * b
          shift = sine * t
          d[i + 1] = g + shift
          g = cosine * t - b
          i -= 1
        }
        if isSplit { continue }
        d[start] -= shift
        e[start] = g
        e[end] = 0
      }
    }
  }
}

/// Of the first `count` elements of two rows.
private func dot(_ values: UnsafeMutableBufferPointer<Double>, _ first: Int, _ second: Int, _ count: Int) -> Double {
  var sum = 0.0
  for k in 0..<count { sum += values[first + k] * values[second + k] }
  return sum
}
