import Backends
import CVectorLoops

// Forward, output positions are independent; backward, windows may overlap, so a thread takes whole samples,
// or some channels of one, and adds in the order of the outputs.
extension CPUBackend {
  public func maximumPooling(_ pooling: Pooling, _ input: any Storage) -> (output: any Storage, taps: any Storage) {
    let count = pooling.outputCount
    guard failure.arePresent(input, operation: "maximumPooling") else { return (missing(count), missing(count)) }
    let x = read(input, pooling.inputCount, "maximumPooling")
    let made = make(count, count) { outputs in
      let (output, taps) = (outputs[0], outputs[1])
      forEachOutputs(pooling) { windows, inputOffset, outputOffset, range in
        vl_maximum_pooling(
          &windows, x + inputOffset, output + outputOffset, taps + outputOffset, range.lowerBound, range.upperBound)
      }
    }
    return (made[0], made[1])
  }

  public func maximumPoolingScatter(_ pooling: Pooling, _ gradient: any Storage, taps: any Storage) -> any Storage {
    guard failure.arePresent(gradient, taps, operation: "maximumPoolingScatter") else {
      return missing(pooling.inputCount)
    }
    let dy = read(gradient, pooling.outputCount, "maximumPoolingScatter, gradient")
    let taps = read(taps, pooling.outputCount, "maximumPoolingScatter, taps")
    return make(pooling.inputCount) { output in
      if pooling.windows.coverOnce {
        return forEachOutputs(pooling) { windows, inputOffset, outputOffset, range in
          vl_maximum_pooling_spread(
            &windows, dy + outputOffset, taps + outputOffset, output + inputOffset, range.lowerBound,
            range.upperBound)
        }
      }
      forEachInputs(pooling, output) { windows, inputOffset, outputOffset, channels in
        vl_maximum_pooling_scatter(
          &windows, dy + outputOffset, taps + outputOffset, output + inputOffset, channels.lowerBound,
          channels.upperBound)
      }
    }
  }

  public func maximumPoolingGather(_ pooling: Pooling, _ input: any Storage, taps: any Storage) -> any Storage {
    guard failure.arePresent(input, taps, operation: "maximumPoolingGather") else {
      return missing(pooling.outputCount)
    }
    let x = read(input, pooling.inputCount, "maximumPoolingGather, input")
    let taps = read(taps, pooling.outputCount, "maximumPoolingGather, taps")
    return make(pooling.outputCount) { output in
      forEachOutputs(pooling) { windows, inputOffset, outputOffset, range in
        vl_maximum_pooling_gather(
          &windows, x + inputOffset, taps + outputOffset, output + outputOffset, range.lowerBound,
          range.upperBound)
      }
    }
  }

  public func averagePooling(_ pooling: Pooling, _ input: any Storage) -> any Storage {
    guard failure.arePresent(input, operation: "averagePooling") else { return missing(pooling.outputCount) }
    let x = read(input, pooling.inputCount, "averagePooling")
    return make(pooling.outputCount) { output in
      forEachOutputs(pooling) { windows, inputOffset, outputOffset, range in
        vl_average_pooling(
          &windows, pooling.countsPadding, x + inputOffset, output + outputOffset, range.lowerBound,
          range.upperBound)
      }
    }
  }

  public func averagePoolingGradient(_ pooling: Pooling, _ gradient: any Storage) -> any Storage {
    guard failure.arePresent(gradient, operation: "averagePoolingGradient") else { return missing(pooling.inputCount) }
    let dy = read(gradient, pooling.outputCount, "averagePoolingGradient")
    return make(pooling.inputCount) { output in
      forEachInputs(pooling, output) { windows, inputOffset, outputOffset, channels in
        vl_average_pooling_gradient(
          &windows, pooling.countsPadding, dy + outputOffset, output + inputOffset, channels.lowerBound,
          channels.upperBound)
      }
    }
  }

  /// Calls `body` for ranges of output positions of each sample, with the offsets of the sample.
  private func forEachOutputs(
    _ pooling: Pooling,
    _ body: (_ windows: inout VLWindows, _ input: Int, _ output: Int, _ positions: Range<Int>) -> Void
  ) {
    let positions = pooling.windows.outputPositions, channels = pooling.channels
    let windows = VLWindows(pooling.windows, channels: channels)
    let tiles = Tiles(of: positions, width: max(1, 8_192 / max(1, channels * pooling.windows.taps)))
    forEachTask(pooling.batch * tiles.count, weight: tiles.width * channels * pooling.windows.taps) { task in
      let sample = task / tiles.count
      var own = windows
      body(
        &own, sample * pooling.windows.inputPositions * channels, sample * positions * channels,
        tiles[task % tiles.count])
    }
  }

  /// Clears each sample of `input` and calls `body` for ranges of its channels.
  private func forEachInputs(
    _ pooling: Pooling, _ input: UnsafeMutablePointer<Float>,
    _ body: (_ windows: inout VLWindows, _ input: Int, _ output: Int, _ channels: Range<Int>) -> Void
  ) {
    let channels = pooling.channels, positions = pooling.windows.inputPositions
    let outputs = pooling.windows.outputPositions * channels
    let windows = VLWindows(pooling.windows, channels: channels)
    team.forEachRange(of: pooling.inputCount) { vl_fill(0, input + $0.lowerBound, $0.count) }
    // Enough samples keep every thread busy; else their channels are shared out, a cache line at least.
    let tiles = Tiles(of: channels, width: pooling.batch >= 2 * team.threads ? channels : 32)
    forEachTask(pooling.batch * tiles.count, weight: max(positions * tiles.width, outputs)) { task in
      let sample = task / tiles.count
      var own = windows
      body(&own, sample * positions * channels, sample * outputs, tiles[task % tiles.count])
    }
  }
}

extension Windows {
  /// Whether every input position belongs to exactly one window.
  fileprivate var coverOnce: Bool {
    kernelSize == stride && dilation.allSatisfy { $0 == 1 } && paddingLow.allSatisfy { $0 == 0 }
      && zip(outputSize, stride).map(*) == inputSize
  }
}

extension VLWindows {
  init(_ windows: Windows, channels: Int) {
    let w = windows.inThreeDimensions
    func triple(_ values: [Int]) -> (Int, Int, Int) { (values[0], values[1], values[2]) }
    self.init(
      input: triple(w.inputSize), output: triple(w.outputSize), kernel: triple(w.kernelSize),
      stride: triple(w.stride), padding: triple(w.paddingLow), dilation: triple(w.dilation), channels: channels)
  }
}
