import Backends
import CPUBackend
import ReferenceBackend
import TestSupport
import Testing

/// Convolutions to and from one to four channels, which the backend computes with its own loops.
@Suite struct NarrowConvolutionTests {
  struct Shape: Sendable, CustomStringConvertible {
    var wide: Int, narrow: Int, size: [Int], kernel: [Int], stride = 1, dilation = 1, low = 1, high = 1
    var description: String {
      "\(wide)→\(narrow), \(size), kernel \(kernel), stride \(stride), dilation \(dilation), padding \(low), \(high)"
    }

    func convolution(narrowInput: Bool) -> Convolution {
      func repeated(_ value: Int) -> [Int] { size.map { _ in value } }
      let windows = Windows(
        inputSize: size, kernelSize: kernel, stride: repeated(stride), paddingLow: repeated(low),
        paddingHigh: repeated(high), dilation: repeated(dilation))
      return Convolution(
        batch: 3, windows: windows, inputChannels: narrowInput ? narrow : wide,
        outputChannels: narrowInput ? wide : narrow)
    }
  }

  static let shapes = [
    Shape(wide: 32, narrow: 1, size: [28, 28], kernel: [3, 3]),
    Shape(wide: 64, narrow: 3, size: [17, 33], kernel: [5, 5], low: 2, high: 2),
    Shape(wide: 16, narrow: 2, size: [9, 70], kernel: [9, 9], low: 4, high: 4),
    Shape(wide: 48, narrow: 4, size: [11, 12], kernel: [4, 6], low: 1, high: 3),
    Shape(wide: 16, narrow: 3, size: [20, 21], kernel: [3, 3], stride: 2),
    Shape(wide: 32, narrow: 1, size: [15, 16], kernel: [3, 3], dilation: 3, low: 2, high: 4),
    Shape(wide: 16, narrow: 1, size: [5, 6, 7], kernel: [3, 2, 4], low: 1, high: 2),
    Shape(wide: 16, narrow: 1, size: [40], kernel: [7], low: 6, high: 0),
    Shape(wide: 16, narrow: 1, size: [3, 2], kernel: [5, 5], low: 4, high: 4),
    Shape(wide: 80, narrow: 1, size: [70, 9], kernel: [1, 1], low: 0, high: 0),
    Shape(wide: 16, narrow: 1, size: [3, 600], kernel: [3, 3]),
    Shape(wide: 16, narrow: 2, size: [6, 6], kernel: [2, 2], low: 3, high: 3),
  ]

  @Test(arguments: shapes, [false, true]) func agreesWithTheReference(_ shape: Shape, narrowInput: Bool) throws {
    let convolution = shape.convolution(narrowInput: narrowInput)
    let terms = convolution.windows.taps * max(convolution.inputChannels, convolution.outputChannels)
    let operation = BackendCase("\(shape)", .scale(1e-5, floor: Double(terms).squareRoot() / 3)) { run in
      let x = run.uniform(convolution.inputCount), dy = run.uniform(convolution.outputCount)
      let filter = run.uniform(convolution.filterCount)
      return [
        run.backend.convolution(
          convolution, input: x, filter: filter, bias: run.uniform(convolution.outputChannels), activation: .sigmoid),
        run.backend.convolutionInputGradient(
          convolution, outputGradient: dy, filter: filter, bias: run.uniform(convolution.inputChannels),
          activation: .tanh),
        run.backend.convolutionFilterGradient(convolution, input: x, outputGradient: dy),
      ]
    }
    let expected = try operation.result(on: ReferenceBackend())
    for threads in [1, 3] {
      #expect(try operation.complaints(on: CPUBackend(threads: threads), reference: expected) == [])
    }
  }
}
