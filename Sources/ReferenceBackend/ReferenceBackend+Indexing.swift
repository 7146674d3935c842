import Backends

extension ReferenceBackend {
  public func gather(_ input: any Storage, indices: any Storage, rows: Int, width: Int) -> any Storage {
    guard failure.arePresent(input, indices, operation: "gather") else { return missing(indices.count * width) }
    let x = read(input, rows * width, "gather"), chosen = read(indices, indices.count, "gather, indices")
    let count = indices.count
    return compute(count * width) { output in
      for i in 0..<count {
        let row = self.row(chosen[i], of: rows)
        for j in 0..<width { output[i * width + j] = row.map { x[$0 * width + j] } ?? .nan }
      }
    }
  }

  public func scatterAdd(_ input: any Storage, indices: any Storage, rows: Int, width: Int) -> any Storage {
    guard failure.arePresent(input, indices, operation: "scatterAdd") else { return missing(rows * width) }
    let count = indices.count
    let x = read(input, count * width, "scatterAdd"), chosen = read(indices, count, "scatterAdd, indices")
    return accumulate(rows * width) { sums in
      for i in 0..<count {
        guard let row = self.row(chosen[i], of: rows) else { continue }
        for j in 0..<width { sums[row * width + j] += Double(x[i * width + j]) }
      }
    }
  }

  /// The row an index held as a float names, if it is one of `rows`.
  private func row(_ index: Float, of rows: Int) -> Int? {
    index >= 0 && index < Float(rows) ? Int(index) : nil
  }
}
