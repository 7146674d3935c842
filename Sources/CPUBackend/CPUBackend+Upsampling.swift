import Backends
import CVectorLoops

// Both ways in planes of rows: an output row is made from the input rows that its place along the outer axes
// names, and along the width by one of the loops.
extension CPUBackend {
  public func upsampling(_ upsampling: Upsampling, _ input: any Storage) -> any Storage {
    guard failure.arePresent(input, operation: "upsampling") else { return missing(upsampling.outputCount) }
    let x = read(input, upsampling.inputCount, "upsampling")
    let grid = UpsamplingGrid(upsampling)
    let rowLength = grid.width * upsampling.channels, upsampledLength = rowLength * grid.widthFactor
    return make(upsampling.outputCount) { output in
      forEachTask(upsampling.batch * grid.upsampledRows, weight: upsampledLength) { task in
        let sample = x + task / grid.upsampledRows * grid.rows * rowLength
        let row = output + task * upsampledLength
        switch upsampling.interpolation {
        case .nearest:
          let source = sample + grid.nearestRow(of: task % grid.upsampledRows) * rowLength
          vl_repeat(source, row, grid.width, grid.widthFactor, upsampling.channels)
        case .bilinear:
          vl_fill(0, row, upsampledLength)
          for (index, weight) in grid.bilinearRows(of: task % grid.upsampledRows) {
            vl_bilinear_row(
              false, weight, sample + index * rowLength, row, grid.width, grid.widthFactor, upsampling.channels)
          }
        }
      }
    }
  }

  public func upsamplingGradient(_ upsampling: Upsampling, _ gradient: any Storage) -> any Storage {
    guard failure.arePresent(gradient, operation: "upsamplingGradient") else { return missing(upsampling.inputCount) }
    let dy = read(gradient, upsampling.outputCount, "upsamplingGradient")
    let grid = UpsamplingGrid(upsampling)
    let rowLength = grid.width * upsampling.channels, upsampledLength = rowLength * grid.widthFactor
    return make(upsampling.inputCount) { output in
      switch upsampling.interpolation {
      case .nearest:
        // Every input row gathers the output rows made from it.
        forEachTask(upsampling.batch * grid.rows, weight: upsampledLength * grid.rowFactor) { task in
          let sample = dy + task / grid.rows * grid.upsampledRows * upsampledLength
          let sums = output + task * rowLength
          vl_fill(0, sums, rowLength)
          grid.forEachUpsampledRow(of: task % grid.rows) { row in
            vl_add_repeated(
              sample + row * upsampledLength, sums, grid.width, grid.widthFactor, upsampling.channels)
          }
        }
      case .bilinear:
        // Output rows share input rows, so a thread takes a whole sample.
        forEachTask(upsampling.batch, weight: grid.upsampledRows * upsampledLength) { sample in
          let sums = output + sample * grid.rows * rowLength
          vl_fill(0, sums, grid.rows * rowLength)
          for row in 0..<grid.upsampledRows {
            let source = dy + (sample * grid.upsampledRows + row) * upsampledLength
            for (index, weight) in grid.bilinearRows(of: row) {
              vl_bilinear_row(
                true, weight, source, sums + index * rowLength, grid.width, grid.widthFactor,
                upsampling.channels)
            }
          }
        }
      }
    }
  }
}

/// One sample of an upsampling as rows: [depth · height] rows of [width · channels].
private struct UpsamplingGrid {
  let depth: Int, height: Int, width: Int
  let depthFactor: Int, heightFactor: Int, widthFactor: Int

  init(_ upsampling: Upsampling) {
    let missing = [Int](repeating: 1, count: 3 - upsampling.inputSize.count)
    let size = missing + upsampling.inputSize, factors = missing + upsampling.factors
    (depth, height, width) = (size[0], size[1], size[2])
    (depthFactor, heightFactor, widthFactor) = (factors[0], factors[1], factors[2])
  }

  var rows: Int { depth * height }
  var rowFactor: Int { depthFactor * heightFactor }
  var upsampledRows: Int { rows * rowFactor }

  /// The row that upsampled row `row` repeats.
  func nearestRow(of row: Int) -> Int {
    let upsampledHeight = height * heightFactor
    return row / upsampledHeight / depthFactor * height + row % upsampledHeight / heightFactor
  }

  func forEachUpsampledRow(of row: Int, _ body: (_ row: Int) -> Void) {
    let upsampledHeight = height * heightFactor
    for d in 0..<depthFactor {
      for h in 0..<heightFactor {
        body((row / height * depthFactor + d) * upsampledHeight + row % height * heightFactor + h)
      }
    }
  }

  /// The rows that upsampled row `row` mixes, with their weights.
  func bilinearRows(of row: Int) -> [(index: Int, weight: Float)] {
    let upsampledHeight = height * heightFactor
    let depths = mixed(row / upsampledHeight, size: depth, factor: depthFactor)
    let heights = mixed(row % upsampledHeight, size: height, factor: heightFactor)
    return depths.flatMap { d in heights.map { h in (d.index * height + h.index, d.weight * h.weight) } }
  }

  private func mixed(_ position: Int, size: Int, factor: Int) -> [(index: Int, weight: Float)] {
    // Element i covers [i, i + 1) and has its centre at i + 0.5, on both sides.
    let centre = (Double(position) + 0.5) / Double(factor) - 0.5
    let below = centre.rounded(.down), fraction = Float(centre - below)
    return [(Int(below), 1 - fraction), (Int(below) + 1, fraction)].filter { $0.1 != 0 }.map {
      (min(max($0.0, 0), size - 1), $0.1)
    }
  }
}
