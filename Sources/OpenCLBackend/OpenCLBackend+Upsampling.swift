import Backends
import Kernels

extension OpenCLBackend {
  public func upsampling(_ upsampling: Upsampling, _ input: any Storage) -> any Storage {
    produce(upsampling.outputCount) { output in
      try resize("enlarge", upsampling, upsampling.outputCount, reads: 4, input, output)
    }
  }

  public func upsamplingGradient(_ upsampling: Upsampling, _ gradient: any Storage) -> any Storage {
    produce(upsampling.inputCount) { output in
      let reads = upsampling.factors.reduce(1, *) * (upsampling.interpolation == .nearest ? 1 : 8)
      try resize("enlargeAdjoint", upsampling, upsampling.inputCount, reads: reads, gradient, output)
    }
  }

  private func resize(
    _ name: String, _ upsampling: Upsampling, _ count: Int, reads: Int, _ input: any Storage, _ output: OpenCLStorage
  ) throws {
    let channels = upsampling.channels, lanes = runtime.rowWidth(channels)
    let wide = needsWideIndices(upsampling.outputCount)
    let kernel = try runtime.kernel(
      .upsampling, name,
      defines: [
        "WIDTH": lanes, upsampling.interpolation == .bilinear ? "BILINEAR" : "NEAREST": 1,
        wide ? "WIDE" : "NARROW": 1,
      ])
    let missing = [Int](repeating: 1, count: 3 - upsampling.inputSize.count)
    let words = (missing + upsampling.inputSize + missing + upsampling.factors).map { Int32($0) }
    let positions = count / channels
    try runtime.launchShared(
      kernel, units: positions * ((channels + lanes - 1) / lanes), cost: lanes * (reads + 2),
      runtime.index(positions, wide: wide), .uint(UInt32(channels)), .words(words), buffer(input), .buffer(output))
  }
}
