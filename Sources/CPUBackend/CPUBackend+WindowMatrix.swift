import Backends
import CVectorLoops

// Any convolution as matrix products: windows are the rows of a matrix [output positions, taps · input channels],
// and our filter layout is already the matrix [taps · input channels, output channels]. For what oneDNN has no
// fast code for; a batch is taken in chunks of samples.
extension CPUBackend {
  func convolveByWindows(
    _ convolution: Convolution, _ x: UnsafePointer<Float>, _ filter: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) throws {
    let matrix = WindowMatrix(convolution)
    guard matrix.columns > 0 else { return vl_fill(0, output, convolution.outputCount) }
    let chunks = matrix.chunks
    let windows = try scratch(chunks.width * matrix.rows * matrix.columns)
    for samples in chunks {
      fill(windows, with: matrix, of: x, samples)
      try multiply(
        MatrixProduct(m: samples.count * matrix.rows, n: convolution.outputChannels, k: matrix.columns),
        windows.pointer, filter, into: output + samples.lowerBound * matrix.outputCount)
    }
  }

  func inputGradientByWindows(
    _ convolution: Convolution, _ dy: UnsafePointer<Float>, _ filter: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) throws {
    let matrix = WindowMatrix(convolution)
    guard convolution.outputCount > 0, matrix.columns > 0 else {
      return vl_fill(0, output, convolution.inputCount)
    }
    let chunks = matrix.chunks
    let gradients = try scratch(chunks.width * matrix.rows * matrix.columns)
    let size = convolution.windows.inThreeDimensions.inputSize, inputRows = Tiles(of: size[0] * size[1], width: 8)
    for samples in chunks {
      try multiply(
        MatrixProduct(
          m: samples.count * matrix.rows, n: matrix.columns, k: convolution.outputChannels, transposesRight: true),
        dy + samples.lowerBound * matrix.outputCount, filter, into: gradients.pointer)
      forEachTask(samples.count * inputRows.count, weight: matrix.rows * matrix.columns / inputRows.count) { task in
        let (sample, rows) = (task / inputRows.count, inputRows[task % inputRows.count])
        var windows = matrix.windows
        vl_sum_window_rows(
          &windows, gradients.pointer + sample * matrix.rows * matrix.columns, matrix.columns,
          output + (samples.lowerBound + sample) * matrix.inputCount, rows.lowerBound, rows.upperBound)
      }
    }
  }

  func filterGradientByWindows(
    _ convolution: Convolution, _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) throws {
    let matrix = WindowMatrix(convolution), count = convolution.filterCount
    guard convolution.outputCount > 0 else { return vl_fill(0, output, count) }
    let chunks = matrix.chunks
    let windows = try scratch(chunks.width * matrix.rows * matrix.columns)
    let sum = chunks.count > 1 ? try scratch(count) : nil
    for samples in chunks {
      fill(windows, with: matrix, of: x, samples)
      let isFirst = samples.lowerBound == 0
      try multiply(
        MatrixProduct(
          m: matrix.columns, n: convolution.outputChannels, k: samples.count * matrix.rows, transposesLeft: true),
        windows.pointer, dy + samples.lowerBound * matrix.outputCount,
        into: isFirst ? output : sum?.pointer ?? output)
      if let sum, !isFirst {
        team.forEachRange(of: count) { range in
          vl_add(sum.pointer + range.lowerBound, output + range.lowerBound, range.count)
        }
      }
    }
  }

  private func fill(
    _ storage: HostStorage, with matrix: WindowMatrix, of x: UnsafePointer<Float>, _ samples: Range<Int>
  ) {
    let positions = Tiles(of: matrix.rows, width: max(1, 8_192 / matrix.columns))
    forEachTask(samples.count * positions.count, weight: positions.width * matrix.columns) { task in
      let (sample, range) = (task / positions.count, positions[task % positions.count])
      var windows = matrix.windows
      vl_window_rows(
        &windows, x + (samples.lowerBound + sample) * matrix.inputCount,
        storage.pointer + (sample * matrix.rows + range.lowerBound) * matrix.columns, range.lowerBound,
        range.upperBound)
    }
  }
}

extension Convolution {
  /// Whether the products, though they need the matrix of windows written down, beat oneDNN: it computes few
  /// input channels as if they were 16, reorders a filter that is larger than what it is applied to, and with AVX2 comes
  /// to half of the ceiling where there is a stride.
  var isFasterByWindows: Bool { hasFewPositions || hasStridedProducts }
  var isInputGradientFasterByWindows: Bool { isFasterByWindows || (inputChannels <= 4 && outputChannels >= 16) }

  private var hasStridedProducts: Bool {
    #if arch(x86_64)
      !vl_is_wide() && windows.stride.contains { $0 > 1 } && windows.taps > 1 && inputChannels >= 32 && outputChannels >= 32
        && windows.outputPositions * windows.taps * inputChannels <= WindowMatrix.chunkFloats
    #else
      false
    #endif
  }

  private var hasFewPositions: Bool {
    batch * windows.outputPositions <= 256 && filterCount >= 1 << 20
      && batch * windows.outputPositions * windows.taps * inputChannels <= 1 << 22
  }
}

private struct WindowMatrix {
  /// 16 MiB.
  static let chunkFloats = 1 << 22

  let windows: VLWindows
  /// Of one sample.
  let rows: Int, columns: Int, inputCount: Int, outputCount: Int
  /// Samples taken at a time: as many as fit into a chunk, one at least.
  let chunks: Tiles

  init(_ convolution: Convolution) {
    windows = VLWindows(convolution.windows, channels: convolution.inputChannels)
    rows = convolution.windows.outputPositions
    columns = convolution.windows.taps * convolution.inputChannels
    inputCount = convolution.windows.inputPositions * convolution.inputChannels
    outputCount = rows * convolution.outputChannels
    chunks = Tiles(of: convolution.batch, width: min(convolution.batch, Self.chunkFloats / max(1, rows * columns)))
  }
}
