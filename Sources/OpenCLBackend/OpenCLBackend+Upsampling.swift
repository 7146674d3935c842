import Backends
import Kernels

extension OpenCLBackend {
  public func upsampling(_ upsampling: Upsampling, _ input: any Storage) -> any Storage {
    produce(upsampling.outputCount) { output in
      let rows = upsampling.outputCount / max(1, upsampling.channels * upsampling.outputSize.last!)
      let storing = runtime.storing(upsampling.outputCount, columns: upsampling.channels, needsManyStreams: true)
      try resize("enlarge", upsampling, rows, reads: 4 * upsampling.factors.last!, storing: storing, input, output)
    }
  }

  public func upsamplingGradient(_ upsampling: Upsampling, _ gradient: any Storage) -> any Storage {
    produce(upsampling.inputCount) { output in
      let reads = upsampling.factors.reduce(1, *) * (upsampling.interpolation == .nearest ? 1 : 8)
      let rows = upsampling.inputCount / max(1, upsampling.channels * upsampling.inputSize.last!)
      try resize("enlargeAdjoint", upsampling, rows, reads: reads, gradient, output)
    }
  }

  private func resize(
    _ name: String, _ upsampling: Upsampling, _ rows: Int, reads: Int, storing: String = "CACHED",
    _ input: any Storage, _ output: OpenCLStorage
  ) throws {
    let channels = upsampling.channels, lanes = runtime.rowWidth(channels)
    let wide = needsWideIndices(upsampling.outputCount)
    let kernel = try runtime.kernel(
      .upsampling, name,
      defines: [
        "WIDTH": lanes, upsampling.interpolation == .bilinear ? "BILINEAR" : "NEAREST": 1,
        wide ? "WIDE" : "NARROW": 1, storing: 1,
      ])
    let missing = [Int](repeating: 1, count: 3 - upsampling.inputSize.count)
    let words = missing + upsampling.inputSize + missing + upsampling.factors
    // Both directions walk rows as wide as the small image.
    let extent = upsampling.inputSize.last!
    try runtime.launchRows(
      kernel, positions: rows * extent, extent: extent, channels: channels, lanes: lanes, cost: reads + 2, wide: wide,
      [.words(words), buffer(input), .buffer(output)])
  }
}
