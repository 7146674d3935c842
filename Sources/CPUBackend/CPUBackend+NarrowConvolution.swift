import Backends
import CVectorLoops

// Convolutions with one to four output channels, the pictures that generators end in: oneDNN computes them as
// if they had 16.
extension CPUBackend {
  /// - Parameter filter: `[taps, channels, outputs]`.
  func convolveNarrow(
    _ convolution: Convolution, _ x: UnsafePointer<Float>, filter: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) throws {
    let windows = VLWindows(convolution.windows, channels: convolution.inputChannels)
    let outputs = convolution.outputChannels
    let transposed = try scratch(convolution.filterCount)
    // [taps · channels, outputs] → [outputs, taps · channels]
    vl_copy(
      filter, outputs, 1, transposed.pointer, 1, convolution.filterCount / outputs,
      convolution.filterCount / outputs, outputs)
    forEachRows(of: convolution) { sample, rows, _ in
      var windows = windows
      vl_narrow_convolution(
        &windows, outputs, x + sample * convolution.inputCount / convolution.batch, transposed.pointer,
        output + sample * convolution.outputCount / convolution.batch, rows.lowerBound, rows.upperBound)
    }
  }

  /// The input's gradient where the input is narrow: a convolution of the output's gradient with the filter
  /// turned around.
  func inputGradientNarrow(
    _ convolution: Convolution, _ dy: UnsafePointer<Float>, filter: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) throws {
    let taps = convolution.windows.taps, matrix = convolution.inputChannels * convolution.outputChannels
    let turned = try scratch(convolution.filterCount)
    // [taps, inputs, outputs] → [taps in reverse, outputs, inputs]
    for tap in 0..<taps {
      vl_copy(
        filter + tap * matrix, convolution.outputChannels, 1, turned.pointer + (taps - 1 - tap) * matrix, 1,
        convolution.inputChannels, convolution.inputChannels, convolution.outputChannels)
    }
    try convolveNarrow(convolution.inputGradientAsConvolution, dy, filter: turned.pointer, into: output)
  }

  func filterGradientNarrow(
    _ convolution: Convolution, _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) throws {
    let windows = VLWindows(convolution.windows, channels: convolution.inputChannels)
    let outputs = convolution.outputChannels, count = convolution.filterCount
    let tasks = convolution.batch * convolution.rowTiles.count
    let partial = try scratch(tasks * count)
    forEachRows(of: convolution) { sample, rows, task in
      var windows = windows
      let sums = partial.pointer + task * count
      vl_fill(0, sums, count)
      vl_narrow_filter_gradient(
        &windows, outputs, x + sample * convolution.inputCount / convolution.batch,
        dy + sample * convolution.outputCount / convolution.batch, sums, rows.lowerBound, rows.upperBound)
    }
    let total = try scratch(count)
    try sum(partial.pointer, outer: 1, length: tasks, inner: count, into: total.pointer)
    // [outputs, taps · channels] → [taps · channels, outputs]
    vl_copy(total.pointer, 1, count / outputs, output, outputs, 1, count / outputs, outputs)
  }

  private func forEachRows(
    of convolution: Convolution, _ body: (_ sample: Int, _ rows: Range<Int>, _ task: Int) -> Void
  ) {
    let tiles = convolution.rowTiles
    let weight = convolution.floatingPointOperations / 16 / max(1, convolution.batch * tiles.count)
    forEachTask(convolution.batch * tiles.count, weight: weight) { task in
      body(task / tiles.count, tiles[task % tiles.count], task)
    }
  }
}

extension Convolution {
  var isNarrow: Bool { outputCount > 0 && filterCount > 0 && outputChannels <= 4 && inputChannels % 16 == 0 }

  var hasNarrowFilterGradient: Bool {
    let windows = windows.inThreeDimensions
    return isNarrow && windows.stride[2] == 1
      && windows.inputSize[2] + (windows.kernelSize[2] - 1) * windows.dilation[2] <= 512
  }

  /// Whether the input's gradient is a narrow convolution of the output's gradient.
  var hasNarrowInputGradient: Bool {
    windows.stride.allSatisfy { $0 == 1 } && outputCount > 0 && inputGradientAsConvolution.isNarrow
  }

  /// The convolution, with stride 1, that computes the input's gradient from the output's.
  fileprivate var inputGradientAsConvolution: Convolution {
    var turned = windows
    turned.inputSize = windows.outputSize
    turned.outputSize = windows.inputSize
    for axis in 0..<windows.spatialRank {
      let reach = (windows.kernelSize[axis] - 1) * windows.dilation[axis]
      turned.paddingLow[axis] = reach - windows.paddingLow[axis]
      turned.paddingHigh[axis] =
        windows.inputSize[axis] - 1 + windows.paddingLow[axis] - (windows.outputSize[axis] - 1)
    }
    return Convolution(
      batch: batch, windows: turned, inputChannels: outputChannels, outputChannels: inputChannels)
  }

  /// Output rows, over depth and height, that a thread takes at a time: few enough partial filter gradients.
  fileprivate var rowTiles: Tiles {
    let windows = windows.inThreeDimensions
    return Tiles(of: windows.outputSize[0] * windows.outputSize[1], width: 32)
  }
}
