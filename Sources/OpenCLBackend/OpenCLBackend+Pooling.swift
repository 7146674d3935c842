import Backends
import Kernels

extension OpenCLBackend {
  public func maximumPooling(
    _ pooling: Pooling, _ input: any Storage
  ) -> (output: any Storage, taps: any Storage) {
    let taps = runtime.allocate(count: pooling.outputCount)
    let output = produce(pooling.outputCount) { output in
      try pool("maximumPooling", pooling, pooling.outputPositions, [], [buffer(input), .buffer(output), .buffer(taps)])
    }
    return (output, taps)
  }

  public func maximumPoolingScatter(
    _ pooling: Pooling, _ gradient: any Storage, taps: any Storage
  ) -> any Storage {
    produce(pooling.inputCount) { output in
      try pool(
        "maximumPoolingScatter", pooling, pooling.inputPositions, [], [buffer(gradient), buffer(taps), .buffer(output)])
    }
  }

  public func maximumPoolingGather(
    _ pooling: Pooling, _ input: any Storage, taps: any Storage
  ) -> any Storage {
    produce(pooling.outputCount) { output in
      try pool(
        "maximumPoolingGather", pooling, pooling.outputPositions, [], [buffer(input), buffer(taps), .buffer(output)])
    }
  }

  public func averagePooling(_ pooling: Pooling, _ input: any Storage) -> any Storage {
    produce(pooling.outputCount) { output in
      try pool(
        "averagePooling", pooling, pooling.outputPositions, [.int(pooling.countsPadding ? 1 : 0)],
        [buffer(input), .buffer(output)])
    }
  }

  public func averagePoolingGradient(_ pooling: Pooling, _ gradient: any Storage) -> any Storage {
    produce(pooling.inputCount) { output in
      try pool(
        "averagePoolingGradient", pooling, pooling.inputPositions, [.int(pooling.countsPadding ? 1 : 0)],
        [buffer(gradient), .buffer(output)])
    }
  }

  /// Runs a kernel of `pooling.cl` over `positions` of the whole batch.
  private func pool(
    _ name: String, _ pooling: Pooling, _ positions: Int, _ options: [KernelArgument], _ buffers: [KernelArgument]
  ) throws {
    let lanes = runtime.rowWidth(pooling.channels), vectors = (pooling.channels + lanes - 1) / lanes
    let wide = needsWideIndices(max(pooling.inputCount, pooling.outputCount))
    let kernel = try runtime.kernel(.pooling, name, defines: ["WIDTH": lanes, wide ? "WIDE" : "NARROW": 1])
    try runtime.launchShared(
      kernel, units: positions * vectors, cost: lanes * (pooling.windows.taps + 4),
      [runtime.index(positions, wide: wide), .uint(UInt32(pooling.channels))] + options
        + [pooling.windows.words] + buffers)
  }
}

extension Pooling {
  fileprivate var inputPositions: Int { batch * windows.inputPositions }
  fileprivate var outputPositions: Int { batch * windows.outputPositions }
}

extension Windows {
  /// The struct `Windows` of the kernels: six fields of three axes.
  var words: KernelArgument {
    let w = inThreeDimensions
    return .words(
      (w.inputSize + w.outputSize + w.kernelSize + w.stride + w.paddingLow + w.dilation).map { Int32($0) })
  }
}
