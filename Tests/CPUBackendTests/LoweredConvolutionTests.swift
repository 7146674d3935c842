import Backends
import CPUBackend
import ReferenceBackend
import TestSupport
import Testing

/// Convolutions that the backend computes in Winograd's domain or by a matrix of windows: whole and cut tiles,
/// channels that fill the panels and that do not, every family and stride.
@Suite struct LoweredConvolutionTests {
  struct Shape: Sendable, CustomStringConvertible {
    var batch: Int, size: [Int], channels: (Int, Int), kernel: Int, stride: Int, low: Int, high: Int
    var description: String {
      "\(batch) × \(size), \(channels.0)→\(channels.1), kernel \(kernel), stride \(stride), padding \(low), \(high)"
    }

    var convolution: Convolution {
      func repeated(_ value: Int) -> [Int] { size.map { _ in value } }
      let windows = Windows(
        inputSize: size, kernelSize: repeated(kernel), stride: repeated(stride), paddingLow: repeated(low),
        paddingHigh: repeated(high))
      return Convolution(batch: batch, windows: windows, inputChannels: channels.0, outputChannels: channels.1)
    }
  }

  static let winograd = [
    Shape(batch: 7, size: [14, 15], channels: (32, 48), kernel: 3, stride: 1, low: 1, high: 1),
    Shape(batch: 1, size: [43, 44], channels: (48, 32), kernel: 3, stride: 1, low: 0, high: 0),
    Shape(batch: 9, size: [13, 14], channels: (32, 80), kernel: 3, stride: 1, low: 2, high: 1),
    Shape(batch: 2, size: [48, 50], channels: (48, 32), kernel: 4, stride: 2, low: 1, high: 1),
    Shape(batch: 2, size: [50, 47], channels: (32, 32), kernel: 4, stride: 2, low: 0, high: 2),
    Shape(batch: 6, size: [32, 30], channels: (32, 48), kernel: 6, stride: 2, low: 2, high: 2),
    Shape(batch: 5, size: [31, 37], channels: (48, 32), kernel: 6, stride: 2, low: 3, high: 1),
    Shape(batch: 1, size: [62, 60], channels: (32, 32), kernel: 2, stride: 1, low: 0, high: 1),
    Shape(batch: 1, size: [30, 32, 34], channels: (32, 48), kernel: 4, stride: 2, low: 1, high: 1),
    Shape(batch: 1, size: [18, 17, 19], channels: (48, 32), kernel: 2, stride: 1, low: 1, high: 0),
    Shape(batch: 3, size: [31, 32, 34], channels: (32, 48), kernel: 4, stride: 2, low: 1, high: 1),
    Shape(batch: 7, size: [17, 16, 18], channels: (32, 48), kernel: 2, stride: 1, low: 0, high: 1),
    Shape(batch: 2, size: [16, 15, 18], channels: (48, 32), kernel: 4, stride: 2, low: 1, high: 2),
    // Input gradients by each phase of its own, which have more and fewer positions.
    Shape(batch: 2, size: [16, 15, 18], channels: (128, 32), kernel: 4, stride: 2, low: 1, high: 2),
    Shape(batch: 2, size: [15, 16, 18], channels: (128, 32), kernel: 4, stride: 2, low: 3, high: 2),
    // Filters that one thread holds in the domain piece by piece, the last piece smaller.
    Shape(batch: 2, size: [12, 12, 12], channels: (128, 96), kernel: 4, stride: 2, low: 1, high: 1),
  ]

  static let windows = [
    Shape(batch: 2, size: [6, 6, 6], channels: (130, 132), kernel: 4, stride: 2, low: 1, high: 1),
    Shape(batch: 3, size: [8, 7], channels: (256, 512), kernel: 3, stride: 1, low: 0, high: 1),
    Shape(batch: 2, size: [16, 18, 20], channels: (1, 24), kernel: 4, stride: 2, low: 1, high: 1),
    Shape(batch: 3, size: [17, 20], channels: (3, 32), kernel: 6, stride: 2, low: 2, high: 2),
    Shape(batch: 2, size: [19, 23], channels: (2, 16), kernel: 3, stride: 3, low: 0, high: 0),
    // More than a chunk.
    Shape(batch: 6, size: [64, 63], channels: (32, 33), kernel: 5, stride: 2, low: 2, high: 2),
  ]

  @Test(arguments: winograd + windows) func agreesWithTheReference(_ shape: Shape) throws {
    let convolution = shape.convolution
    let terms = convolution.windows.taps * max(convolution.inputChannels, convolution.outputChannels)
    let operation = BackendCase("\(shape)", .scale(1e-5, floor: Double(terms).squareRoot() / 3)) { run in
      let x = run.uniform(convolution.inputCount), dy = run.uniform(convolution.outputCount)
      let filter = run.uniform(convolution.filterCount)
      let outputBias = run.uniform(convolution.outputChannels), inputBias = run.uniform(convolution.inputChannels)
      return [Activation.identity, .relu, .leakyReLU(slope: 0.2), .tanh].flatMap { activation in
        [
          run.backend.convolution(
            convolution, input: x, filter: filter, bias: outputBias, activation: activation),
          run.backend.convolutionInputGradient(
            convolution, outputGradient: dy, filter: filter, bias: activation == .identity ? nil : inputBias,
            activation: activation),
        ]
      } + [run.backend.convolutionFilterGradient(convolution, input: x, outputGradient: dy)]
    }
    let expected = try operation.result(on: ReferenceBackend())
    for threads in [1, 3] {
      #expect(try operation.complaints(on: CPUBackend(threads: threads), reference: expected) == [])
    }
  }

  @Test func notANumberStaysOneThroughWinogradsDomain() throws {
    let backend = CPUBackend(), convolution = Self.winograd[0].convolution
    let x = backend.fill(.nan, count: convolution.inputCount), w = backend.fill(1, count: convolution.filterCount)
    let y = backend.convolution(convolution, input: x, filter: w, bias: nil, activation: .relu)
    #expect(try backend.values(of: y).allSatisfy(\.isNaN))
  }
}
