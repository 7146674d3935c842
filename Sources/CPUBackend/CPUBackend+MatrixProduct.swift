import Backends
import COneDNN
import CVectorLoops

extension CPUBackend {
  public func matrixProduct(
    _ product: MatrixProduct, _ left: any Storage, _ right: any Storage, bias: (any Storage)?,
    activation: Activation
  ) -> any Storage {
    let (batch, m, n, k) = (product.batch, product.m, product.n, product.k)
    guard failure.arePresent(left, right, bias, operation: "matrixProduct") else { return missing(batch * m * n) }
    let a = read(left, batch * m * k, "matrixProduct, left")
    let b = read(right, (product.sharesRight ? 1 : batch) * k * n, "matrixProduct, right")
    let bias = bias.map { read($0, n, "matrixProduct, bias") }
    return make(batch * m * n) { result in
      if k == 0 {
        vl_fill(0, result, batch * m * n)
      } else if batch == 1 {
        try multiply(product, a, b, into: result)
      } else if product.sharesRight && !product.transposesLeft {
        // One taller product.
        var whole = product
        (whole.batch, whole.m) = (1, batch * m)
        try multiply(whole, a, b, into: result)
      } else {
        try multiplyBatch(product, a, b, into: result)
      }
      finish(result, rows: batch * m, channels: n, bias: bias, activation: activation)
    }
  }

  /// One product, whatever its `batch`.
  func multiply(
    _ product: MatrixProduct, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    into result: UnsafeMutablePointer<Float>
  ) throws {
    var single = product
    (single.batch, single.sharesRight) = (1, false)
    if single.hasFewRows { return try multiplyFewRows(single, a, b, into: result) }
    if try single.isFasterAsPrimitive && runPrimitive(single, a, b, into: result) { return }
    let (m, n, k) = (product.m, product.n, product.k)
    try oneDNN.withLibrary(floatingPointOperations: 2 * m * n * k) {
      try check(
        dnnl_sgemm(
          letter(product.transposesLeft), letter(product.transposesRight), Int64(m), Int64(n), Int64(k), 1, a,
          Int64(product.transposesLeft ? m : k), b, Int64(product.transposesRight ? k : n), 0, result, Int64(n)),
        "\(product)")
    }
  }

  private func multiplyBatch(
    _ product: MatrixProduct, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    into result: UnsafeMutablePointer<Float>
  ) throws {
    if try runPrimitive(product, a, b, into: result) { return }
    for matrix in 0..<product.batch {
      try multiply(
        product, a + matrix * product.m * product.k, product.sharesRight ? b : b + matrix * product.k * product.n,
        into: result + matrix * product.m * product.n)
    }
  }

  /// Whether oneDNN has a primitive for `product` and it has been run.
  private func runPrimitive(
    _ product: MatrixProduct, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    into result: UnsafeMutablePointer<Float>
  ) throws -> Bool {
    try oneDNN.withProduct(product) { made, stream in
      switch made {
      case .success(let primitive):
        let scratch = try scratch(primitive.scratchCount)
        try primitive.run(stream, a, b, into: result, scratch: scratch.pointer)
        return true
      case .failure(let error):
        guard error.isUnsupported else { throw error }
        return false
      }
    }
  }
}

extension MatrixProduct {
  /// oneDNN's primitive is up to four times faster than its BLAS function for few rows by a transposed matrix
  /// (the input gradient of a dense layer), and slower for everything else.
  fileprivate var isFasterAsPrimitive: Bool { transposesRight && !transposesLeft && m > 1 && m <= 512 }
}

/// How the interface that oneDNN shares with BLAS names it.
private func letter(_ transposes: Bool) -> CChar { CChar(UInt8(ascii: transposes ? "T" : "N")) }
