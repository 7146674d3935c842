import Backends
import TestSupport

private struct Geometry {
  var batch: Int
  var size: [Int]
  var kernel: [Int]
  var stride: [Int]
  var dilation: [Int]
  var padding: TestPadding
  var channels: (input: Int, output: Int)

  init(
    _ batch: Int, _ size: [Int], _ kernel: [Int], _ input: Int, _ output: Int, stride: [Int]? = nil,
    dilation: [Int]? = nil, _ padding: TestPadding = .valid
  ) {
    (self.batch, self.size, self.kernel, self.padding) = (batch, size, kernel, padding)
    self.stride = stride ?? size.map { _ in 1 }
    self.dilation = dilation ?? size.map { _ in 1 }
    channels = (input, output)
  }

  var convolution: Convolution {
    Convolution(
      batch: batch, windows: Windows(size, kernel, stride: stride, dilation: dilation, padding),
      inputChannels: channels.input, outputChannels: channels.output)
  }

  var name: String {
    "\(batch)×\(size)×\(channels.input)→\(channels.output), kernel \(kernel)"
      + (stride.allSatisfy { $0 == 1 } ? "" : ", stride \(stride)")
      + (dilation.allSatisfy { $0 == 1 } ? "" : ", dilation \(dilation)") + ", \(padding)"
  }
}

private let geometries: [Geometry] = [
  // One axis.
  .init(1, [1], [1], 1, 1),
  .init(3, [17], [3], 2, 5, .same),
  .init(2, [31], [5], 3, 16, stride: [2], .same),
  .init(1, [40], [9], 1, 7, stride: [3]),
  .init(5, [23], [4], 17, 3, dilation: [2], .explicit([3], [1])),
  .init(1, [64], [7], 16, 33, .explicit([6], [0])),
  // Two axes: kernel 1.
  .init(1, [1, 1], [1, 1], 5, 3),
  .init(3, [7, 5], [1, 1], 16, 32),
  .init(2, [9, 9], [1, 1], 33, 17, stride: [2, 2]),
  .init(1, [6, 6], [1, 1], 128, 67),
  .init(1, [5, 5], [1, 1], 3, 2, .explicit([1, 2], [2, 0])),
  // Kernel 2.
  .init(3, [8, 8], [2, 2], 3, 7, .same),
  .init(1, [9, 7], [2, 2], 16, 16, stride: [2, 2]),
  .init(1, [7, 9], [2, 2], 31, 5, stride: [2, 2], .same),
  // Kernel 3, the layers of the models among them.
  .init(3, [28, 28], [3, 3], 1, 32, stride: [2, 2], .same),
  .init(3, [14, 14], [3, 3], 32, 64, stride: [2, 2], .same),
  .init(1, [7, 7], [3, 3], 64, 64, .same),
  .init(1, [14, 14], [3, 3], 64, 32, .same),
  .init(3, [12, 12], [3, 3], 32, 1, .same),
  .init(1, [3, 3], [3, 3], 17, 31),
  .init(5, [4, 6], [3, 3], 2, 2),
  .init(1, [11, 13], [3, 3], 5, 33, stride: [3, 3], .same),
  .init(2, [9, 10], [3, 3], 7, 3, stride: [1, 2], .explicit([0, 2], [1, 0])),
  .init(3, [10, 9], [3, 3], 16, 17, dilation: [2, 2], .same),
  .init(1, [15, 15], [3, 3], 3, 32, stride: [2, 2], dilation: [2, 2], .explicit([2, 1], [1, 2])),
  .init(1, [8, 8], [3, 3], 67, 128, .same),
  .init(1, [8, 8], [3, 3], 128, 64, stride: [2, 2], .same),
  .init(1, [2, 2], [3, 3], 16, 32, .same),
  .init(7, [1, 1], [3, 3], 3, 5, .same),
  .init(1, [33, 35], [3, 3], 1, 1, .same),
  .init(1, [17, 1], [3, 1], 5, 7, .same),
  .init(1, [12, 20], [1, 3], 32, 16, .same),
  // Kernel 4: what GANs use.
  .init(3, [16, 16], [4, 4], 3, 16, stride: [2, 2], .same),
  .init(1, [8, 8], [4, 4], 32, 64, stride: [2, 2], .explicit([1, 1], [1, 1])),
  .init(2, [4, 4], [4, 4], 64, 1),
  .init(3, [9, 11], [4, 4], 17, 5, stride: [2, 2], .same),
  .init(1, [10, 10], [4, 4], 7, 31, .same),
  .init(1, [13, 13], [4, 4], 2, 3, stride: [3, 3], .explicit([2, 0], [0, 3])),
  .init(2, [11, 11], [4, 3], 5, 16, stride: [2, 1], dilation: [1, 2], .same),
  // Kernel 5.
  .init(1, [14, 14], [5, 5], 1, 64, stride: [2, 2], .same),
  .init(1, [7, 7], [5, 5], 64, 32, stride: [2, 2], .same),
  .init(3, [9, 9], [5, 5], 3, 3),
  .init(1, [8, 8], [5, 5], 33, 31, .same),
  .init(1, [16, 15], [5, 5], 2, 17, stride: [3, 2], .explicit([4, 0], [1, 3])),
  .init(1, [12, 12], [5, 5], 16, 7, dilation: [2, 2], .same),
  // Kernels 7 and 9.
  .init(1, [13, 13], [7, 7], 3, 32, stride: [2, 2], .same),
  .init(3, [9, 8], [7, 7], 5, 2, .same),
  .init(1, [12, 12], [9, 9], 3, 16, .same),
  .init(1, [12, 12], [9, 9], 64, 3, .same),
  .init(2, [19, 17], [9, 7], 1, 5, stride: [2, 3]),
  // Windows that begin or end in the padding alone, and inputs that no window reads.
  .init(2, [4, 4], [2, 2], 3, 5, stride: [3, 3], .explicit([2, 3], [3, 2])),
  .init(1, [10, 10], [2, 2], 16, 3, stride: [3, 3]),
  .init(1, [3, 2], [5, 5], 7, 16, .explicit([3, 4], [2, 3])),
  // Three axes.
  .init(1, [1, 1, 1], [1, 1, 1], 2, 3),
  .init(2, [4, 5, 6], [3, 3, 3], 3, 16, .same),
  .init(1, [8, 8, 8], [4, 4, 4], 1, 16, stride: [2, 2, 2], .explicit([1, 1, 1], [1, 1, 1])),
  .init(3, [4, 4, 4], [4, 4, 4], 16, 33, stride: [2, 2, 2], .same),
  .init(1, [4, 4, 4], [4, 4, 4], 32, 1),
  .init(1, [5, 6, 7], [2, 3, 1], 7, 5, stride: [1, 2, 3], .same),
  .init(2, [6, 5, 5], [3, 2, 3], 5, 17, dilation: [2, 1, 2], .explicit([2, 0, 1], [1, 1, 3])),
  .init(1, [7, 6, 9], [5, 5, 5], 2, 7, stride: [2, 2, 2], .same),
  .init(1, [4, 4, 4], [3, 3, 3], 32, 31, .same),
  .init(1, [2, 3, 3], [1, 1, 1], 33, 16),
]

/// Forward, backward by the input (which is also transposed convolution, hence bias and activation) and by
/// the filter.
private func cases(of geometry: Geometry, bias: Bool, _ activation: Activation) -> [BackendCase] {
  let convolution = geometry.convolution, windows = convolution.windows
  let suffix = "\(geometry.name)\(bias ? ", bias" : "")\(activation == .identity ? "" : ", \(activation)")"
  func scale(_ terms: Int) -> Tolerance { .scale(1e-5, floor: Double(max(terms, 1)).squareRoot() / 3) }
  return [
    BackendCase("forward \(suffix)", scale(windows.taps * convolution.inputChannels)) { run in
      let x = run.uniform(convolution.inputCount), filter = run.uniform(convolution.filterCount)
      return [
        run.backend.convolution(
          convolution, input: x, filter: filter, bias: bias ? run.uniform(convolution.outputChannels) : nil,
          activation: activation)
      ]
    },
    BackendCase("input gradient \(suffix)", scale(windows.taps * convolution.outputChannels)) { run in
      let dy = run.uniform(convolution.outputCount), filter = run.uniform(convolution.filterCount)
      return [
        run.backend.convolutionInputGradient(
          convolution, outputGradient: dy, filter: filter,
          bias: bias ? run.uniform(convolution.inputChannels) : nil, activation: activation)
      ]
    },
  ]
}

private func filterGradientCase(of geometry: Geometry) -> BackendCase {
  let convolution = geometry.convolution
  let terms = Double(convolution.batch * convolution.windows.outputPositions)
  return BackendCase("filter gradient \(geometry.name)", .scale(1e-5, floor: terms.squareRoot() / 3)) { run in
    let x = run.uniform(convolution.inputCount), dy = run.uniform(convolution.outputCount)
    return [run.backend.convolutionFilterGradient(convolution, input: x, outputGradient: dy)]
  }
}

let convolutionCases: [BackendCase] =
  geometries.enumerated().flatMap { i, geometry in
    cases(of: geometry, bias: i % 2 == 0, activations[i / 2 % activations.count]) + [filterGradientCase(of: geometry)]
  }
  + activations.flatMap { activation in
    [true, false].flatMap { cases(of: .init(3, [9, 7], [3, 3], 6, 10, stride: [2, 2], .same), bias: $0, activation) }
  }
  // The batch is no part of a geometry: other batches of one that is compiled already.
  + [1, 2, 16].flatMap { batch in
    let geometry = Geometry(batch, [9, 7], [3, 3], 6, 10, stride: [2, 2], .same)
    return cases(of: geometry, bias: true, .relu) + [filterGradientCase(of: geometry)]
  }
