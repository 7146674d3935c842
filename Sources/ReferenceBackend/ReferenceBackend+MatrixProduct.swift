import Backends

extension ReferenceBackend {
  public func matrixProduct(
    _ product: MatrixProduct, _ left: any Storage, _ right: any Storage, bias: (any Storage)?,
    activation: Activation
  ) -> any Storage {
    let (batch, m, n, k) = (product.batch, product.m, product.n, product.k)
    guard failure.arePresent(left, right, bias, operation: "matrixProduct") else { return missing(batch * m * n) }
    let a = read(left, batch * m * k, "matrixProduct, left")
    let b = read(right, (product.sharesRight ? 1 : batch) * k * n, "matrixProduct, right")
    let aStrides = product.transposesLeft ? (row: 1, column: m) : (row: k, column: 1)
    let bStrides = product.transposesRight ? (row: 1, column: k) : (row: n, column: 1)
    return accumulate(batch * m * n, bias: bias, channels: n, activation: activation) { sums in
      for matrix in 0..<batch {
        let a = a + matrix * m * k, b = product.sharesRight ? b : b + matrix * k * n
        for i in 0..<m {
          let row = sums + (matrix * m + i) * n
          for p in 0..<k {
            let factor = Double(a[i * aStrides.row + p * aStrides.column])
            for j in 0..<n { row[j] += factor * Double(b[p * bStrides.row + j * bStrides.column]) }
          }
        }
      }
    }
  }

  /// `activation(sum + bias[channel])` for sums of `[…, channels]`, rounded to single precision once before
  /// the activation.
  func accumulate(
    _ count: Int, bias: (any Storage)?, channels: Int, activation: Activation,
    _ body: (_ sums: UnsafeMutablePointer<Double>) -> Void
  ) -> HostStorage {
    let bias = bias.map { read($0, channels, "bias") }
    return compute(count) { output in
      try withAccumulators(count) { sums in
        body(sums)
        for i in 0..<count {
          output[i] = activation(Float(sums[i] + (bias.map { Double($0[i % channels]) } ?? 0)))
        }
      }
    }
  }
}
