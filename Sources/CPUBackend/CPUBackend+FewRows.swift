import Backends
import CVectorLoops

extension CPUBackend {
  /// A product of few rows by a large matrix, whose reading is what it costs.
  func multiplyFewRows(
    _ product: MatrixProduct, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    into result: UnsafeMutablePointer<Float>
  ) throws {
    let (m, n, k) = (product.m, product.n, product.k)
    let blocks = try scratch(m.roundedUp(to: VL_BLOCK_ROWS) * ((k + 15) / 16 * 16))
    team.forEachRange(ofHeavy: m, weight: k) { rows in
      vl_pack_rows(a, rows.lowerBound, rows.upperBound, k, blocks.pointer)
    }
    var shape = VLFewRows(m: m, n: n, k: k, transposesRight: product.transposesRight)
    // Narrower strips where there are too few to keep every thread busy.
    let panels = n.dividedUp(by: VL_PANEL)
    let strips = Tiles(
      of: n, width: min(vl_strip_width(product.transposesRight), VL_PANEL * max(1, panels / (2 * team.threads))))
    try withUnsafeMutablePointer(to: &shape) { shape in
      try team.tryEachSlice(strips.count) { strip in
        let memory = try scratch(VL_STRIP_SIZE + m * strips.width)
        vl_few_rows_strip(
          shape, blocks.pointer, b, strips[strip].lowerBound, strips[strip].upperBound, memory.pointer, result)
      }
    }
  }
}

extension MatrixProduct {
  /// Whether the right matrix is what the product is about: for few rows, and too large for the caches.
  var hasFewRows: Bool {
    !transposesLeft && m >= 8 && m <= 256 && n >= 4 * VL_PANEL && k >= 32 && n * k >= 1 << 21
  }
}
