/// One channel of a picture, enlarged by a whole number with Keys' cubic (a = −0.5), a few rows at a time: what Pillow's `bicubic`
/// gives, but rounded once only.
package struct EnlargedPlane {
  /// The small picture's.
  private let height: Int
  private let columns: [Taps]
  private let scale: Int

  /// Which places make up a new one: what is beyond the edges is left out, and the rest weighs more.
  private struct Taps {
    let first: Int
    let weights: [Float]

    init(_ index: Int, scale: Int, of size: Int) {
      let center = (Double(index) + 0.5) / Double(scale)
      first = max(0, Int(center - 1.5))
      let shares = (first..<min(size, Int(center + 2.5))).map { ResizeFilter.bicubic.weight(at: Double($0) + 0.5 - center) }
      let sum = shares.reduce(0, +)
      weights = shares.map { Float($0 / sum) }
    }
  }

  /// - Parameters:
  ///   - width: Of the small picture.
  ///   - height: Of the small picture.
  package init(width: Int, height: Int, scale: Int) {
    (self.height, self.scale) = (height, scale)
    columns = (0..<scale * width).map { Taps($0, scale: scale, of: width) }
  }

  /// The enlarged rows of the small `rows`, by the rows of `small`, the first of which is `start`: two more above and below,
  /// where there are any.
  package func rows(_ rows: Range<Int>, of small: [UInt16], from start: Int, limit: Float) -> [UInt16] {
    let width = columns.count / scale
    var result = [UInt16]()
    result.reserveCapacity(rows.count * scale * columns.count)
    var column = [Float](repeating: 0, count: width)
    for row in rows.lowerBound * scale..<rows.upperBound * scale {
      let taps = Taps(row, scale: scale, of: height)
      for x in 0..<width {
        var sum: Float = 0
        for (offset, weight) in taps.weights.enumerated() {
          sum += weight * Float(small[(taps.first + offset - start) * width + x])
        }
        column[x] = sum
      }
      for taps in columns {
        var sum: Float = 0
        for (offset, weight) in taps.weights.enumerated() { sum += weight * column[taps.first + offset] }
        result.append(UInt16(min(max(sum, 0), limit).rounded()))
      }
    }
    return result
  }
}
