import Backends
import Kernels

extension OpenCLBackend {
  public func maximumPooling(
    _ pooling: Pooling, _ input: any Storage
  ) -> (output: any Storage, taps: any Storage) {
    let taps = runtime.allocate(count: pooling.outputCount)
    let storing = runtime.storing(2 * pooling.outputCount, columns: pooling.channels, needsManyStreams: true)
    let output = produce(pooling.outputCount) { output in
      try pool(
        "maximumPooling", pooling, pooling.windows.outputSize, storing: storing, [],
        [buffer(input), .buffer(taps), .buffer(output)])
    }
    return (output, taps)
  }

  public func maximumPoolingScatter(
    _ pooling: Pooling, _ gradient: any Storage, taps: any Storage
  ) -> any Storage {
    let windows = pooling.windows
    guard windows.areDisjoint else {
      return produce(pooling.inputCount) { output in
        try pool(
          "maximumPoolingScatter", pooling, windows.inputSize, [], [buffer(gradient), buffer(taps), .buffer(output)])
      }
    }
    let storing = runtime.storing(pooling.inputCount, columns: pooling.channels, needsManyStreams: true)
    let output = windows.areTiles ? runtime.allocate(count: pooling.inputCount) : own(fill(0, count: pooling.inputCount))
    runtime.perform {
      try pool(
        "maximumPoolingScatterDisjoint", pooling, windows.outputSize, storing: storing, [],
        [buffer(gradient), buffer(taps), .buffer(output)])
    }
    return output
  }

  public func maximumPoolingGather(
    _ pooling: Pooling, _ input: any Storage, taps: any Storage
  ) -> any Storage {
    produce(pooling.outputCount) { output in
      try pool(
        "maximumPoolingGather", pooling, pooling.windows.outputSize, [], [buffer(input), buffer(taps), .buffer(output)])
    }
  }

  public func averagePooling(_ pooling: Pooling, _ input: any Storage) -> any Storage {
    produce(pooling.outputCount) { output in
      try pool(
        "averagePooling", pooling, pooling.windows.outputSize, [pooling.divisor],
        [buffer(input), .buffer(output)])
    }
  }

  public func averagePoolingGradient(_ pooling: Pooling, _ gradient: any Storage) -> any Storage {
    produce(pooling.inputCount) { output in
      try pool(
        "averagePoolingGradient", pooling, pooling.windows.inputSize, [pooling.divisor],
        [buffer(gradient), .buffer(output)])
    }
  }

  /// Runs a kernel of `pooling.cl` over the rows of `size` of the whole batch.
  private func pool(
    _ name: String, _ pooling: Pooling, _ size: [Int], storing: String = "CACHED", _ options: [KernelArgument],
    _ buffers: [KernelArgument]
  ) throws {
    let lanes = runtime.rowWidth(pooling.channels)
    let wide = needsWideIndices(max(pooling.inputCount, pooling.outputCount))
    let kernel = try runtime.kernel(.pooling, name, defines: ["WIDTH": lanes, wide ? "WIDE" : "NARROW": 1, storing: 1])
    try runtime.launchRows(
      kernel, positions: pooling.batch * size.reduce(1, *), extent: size.last ?? 1, channels: pooling.channels,
      lanes: lanes, cost: pooling.windows.taps + 4, wide: wide, options + [pooling.windows.words] + buffers)
  }
}

extension Pooling {
  /// Whether the average divides by all taps; where there is no padding that is simpler, and the same.
  fileprivate var divisor: KernelArgument {
    let isPadded = (windows.paddingLow + windows.paddingHigh).contains { $0 != 0 }
    return .int(countsPadding || !isPadded ? 1 : 0)
  }
}

extension Windows {
  /// The struct `Windows` of the kernels: six fields of three axes.
  var words: KernelArgument {
    let w = inThreeDimensions
    return .words(w.inputSize + w.outputSize + w.kernelSize + w.stride + w.paddingLow + w.dilation)
  }
}

extension Windows {
  /// Whether no element of the input is in two windows.
  fileprivate var areDisjoint: Bool {
    kernelSize.indices.allSatisfy { stride[$0] > (kernelSize[$0] - 1) * dilation[$0] }
  }

  /// Whether, besides, every element is in one.
  fileprivate var areTiles: Bool {
    kernelSize.indices.allSatisfy {
      stride[$0] == kernelSize[$0] && outputSize[$0] * stride[$0] - paddingLow[$0] >= inputSize[$0]
    }
  }
}
