import Backends
import TestSupport

private func upsamplingCase(
  _ batch: Int, _ size: [Int], _ factors: [Int], _ channels: Int, _ interpolation: Interpolation
) -> BackendCase {
  let upsampling = Upsampling(
    batch: batch, inputSize: size, factors: factors, channels: channels, interpolation: interpolation)
  return BackendCase("\(interpolation) \(batch)×\(size)×\(channels) by \(factors)", .scale(1e-5)) { run in
    [
      run.backend.upsampling(upsampling, run.uniform(upsampling.inputCount)),
      run.backend.upsamplingGradient(upsampling, run.uniform(upsampling.outputCount)),
    ]
  }
}

let upsamplingCases: [BackendCase] = [
  upsamplingCase(1, [1], [3], 1, .nearest),
  upsamplingCase(3, [17], [2], 5, .nearest),
  upsamplingCase(1, [1, 1], [2, 2], 1, .nearest),
  upsamplingCase(3, [5, 7], [2, 2], 3, .nearest),
  upsamplingCase(2, [7, 7], [2, 2], 64, .nearest),
  upsamplingCase(1, [4, 5], [3, 1], 17, .nearest),
  upsamplingCase(2, [3, 4], [4, 3], 33, .nearest),
  upsamplingCase(5, [6, 5], [1, 1], 2, .nearest),
  upsamplingCase(2, [3, 4, 5], [2, 2, 2], 7, .nearest),
  upsamplingCase(1, [2, 3, 2], [1, 3, 4], 16, .nearest),
  upsamplingCase(1, [1, 1], [2, 2], 1, .bilinear),
  upsamplingCase(3, [5, 7], [2, 2], 3, .bilinear),
  upsamplingCase(1, [8, 8], [2, 2], 64, .bilinear),
  upsamplingCase(2, [1, 6], [3, 2], 17, .bilinear),
  upsamplingCase(2, [4, 3], [4, 3], 5, .bilinear),
  upsamplingCase(1, [6, 5], [1, 5], 33, .bilinear),
]
