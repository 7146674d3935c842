import Backends
import CVectorLoops

// Any convolution as matrix products: a sample's windows are the rows of a matrix [output positions,
// taps · input channels], and our filter layout is already the matrix [taps · input channels, output channels].
// For what oneDNN has no fast code for.
extension CPUBackend {
  func convolveByWindows(
    _ convolution: Convolution, _ x: UnsafePointer<Float>, _ filter: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) throws {
    let matrix = WindowMatrix(convolution)
    guard matrix.columns > 0 else { return vl_fill(0, output, convolution.outputCount) }
    let windows = scratch(matrix.rows * matrix.columns)
    for sample in 0..<convolution.batch {
      fill(windows, with: matrix, of: x + sample * matrix.inputCount)
      try multiply(
        MatrixProduct(m: matrix.rows, n: convolution.outputChannels, k: matrix.columns), windows.pointer, filter,
        into: output + sample * matrix.outputCount)
    }
  }

  func inputGradientByWindows(
    _ convolution: Convolution, _ dy: UnsafePointer<Float>, _ filter: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) throws {
    let matrix = WindowMatrix(convolution)
    vl_fill(0, output, convolution.inputCount)
    guard convolution.outputCount > 0, matrix.columns > 0 else { return }
    var windows = matrix.windows
    let gradients = scratch(matrix.rows * matrix.columns)
    for sample in 0..<convolution.batch {
      try multiply(
        MatrixProduct(m: matrix.rows, n: matrix.columns, k: convolution.outputChannels, transposesRight: true),
        dy + sample * matrix.outputCount, filter, into: gradients.pointer)
      vl_add_window_rows(&windows, gradients.pointer, output + sample * matrix.inputCount)
    }
  }

  func filterGradientByWindows(
    _ convolution: Convolution, _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) throws {
    let matrix = WindowMatrix(convolution)
    vl_fill(0, output, convolution.filterCount)
    guard convolution.outputCount > 0 else { return }
    let windows = scratch(matrix.rows * matrix.columns), sum = scratch(convolution.filterCount)
    for sample in 0..<convolution.batch {
      fill(windows, with: matrix, of: x + sample * matrix.inputCount)
      try multiply(
        MatrixProduct(m: matrix.columns, n: convolution.outputChannels, k: matrix.rows, transposesLeft: true),
        windows.pointer, dy + sample * matrix.outputCount, into: sum.pointer)
      vl_add(sum.pointer, output, convolution.filterCount)
    }
  }

  private func fill(_ storage: HostStorage, with matrix: WindowMatrix, of sample: UnsafePointer<Float>) {
    team.forEachRange(ofHeavy: matrix.rows, weight: matrix.columns) { range in
      var windows = matrix.windows
      vl_window_rows(
        &windows, sample, storage.pointer + range.lowerBound * matrix.columns, range.lowerBound, range.upperBound)
    }
  }
}

private struct WindowMatrix {
  let windows: VLWindows
  let rows: Int, columns: Int
  /// Elements of one sample.
  let inputCount: Int, outputCount: Int

  init(_ convolution: Convolution) {
    windows = VLWindows(convolution.windows, channels: convolution.inputChannels)
    rows = convolution.windows.outputPositions
    columns = convolution.windows.taps * convolution.inputChannels
    inputCount = convolution.windows.inputPositions * convolution.inputChannels
    outputCount = rows * convolution.outputChannels
  }
}
