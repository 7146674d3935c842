import Backends
import Tensors
import TestSupport
import Testing

/// Upsampling and convolution on the small image against one after the other, values and all gradients.
@Suite struct UpsampledConvolutionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let input: Shape
    let kernelSize: [Int]
    let outputChannels: Int
    let factors: [Int]
    var padding = Padding.same
    var activation = Activation.identity

    var testDescription: String { "\(input) ×\(factors), k\(kernelSize) → \(outputChannels), \(padding), \(activation)" }
  }

  static let cases: [Case] = [
    // The pairs of DCGAN and SRGAN, with fewer positions.
    Case(input: [2, 4, 4, 256], kernelSize: [5, 5], outputChannels: 128, factors: [2, 2], activation: .leakyReLU(slope: 0.2)),
    Case(input: [2, 5, 3, 64], kernelSize: [5, 5], outputChannels: 3, factors: [2, 2], activation: .tanh),
    Case(input: [1, 7, 6, 64], kernelSize: [3, 3], outputChannels: 256, factors: [2, 2], activation: .relu),
    // Odd sizes, primes, other factors, batch 1, even and single taps, one and three axes, other paddings.
    Case(input: [3, 5, 7, 3], kernelSize: [3, 3], outputChannels: 5, factors: [2, 2], padding: .valid),
    Case(input: [1, 1, 1, 1], kernelSize: [5, 5], outputChannels: 1, factors: [2, 2]),
    Case(input: [2, 3, 4, 7], kernelSize: [1, 1], outputChannels: 11, factors: [2, 2]),
    Case(input: [2, 3, 5, 2], kernelSize: [4, 4], outputChannels: 3, factors: [2, 2]),
    Case(input: [2, 3, 4, 5], kernelSize: [3, 5], outputChannels: 2, factors: [3, 1]),
    Case(input: [1, 4, 3, 2], kernelSize: [2, 3], outputChannels: 2, factors: [4, 3]),
    Case(
      input: [1, 3, 4, 2], kernelSize: [4, 3], outputChannels: 3, factors: [2, 3],
      padding: .explicit(low: [3, 0], high: [1, 2])),
    Case(
      input: [1, 2, 3, 2], kernelSize: [2, 2], outputChannels: 2, factors: [2, 2],
      padding: .explicit(low: [2, 0], high: [0, 3])),
    Case(input: [2, 9, 3], kernelSize: [5], outputChannels: 4, factors: [2]),
    Case(input: [1, 2, 3, 2, 3], kernelSize: [3, 3, 3], outputChannels: 2, factors: [2, 2, 2]),
  ]

  @Test(arguments: TestDevices.withReference, cases)
  func equalsOneAfterTheOther(device: TestDevice, test: Case) throws {
    let device = try device.device()
    let random = RandomGenerator(seed: 5)
    func draw(_ shape: Shape) -> Tensor { .randomUniform(shape, low: -1, using: random, on: device).tracked() }
    let x = draw(test.input), bias = draw([test.outputChannels])
    let filter = draw(Shape(test.kernelSize + [test.input[-1], test.outputChannels]))
    let joined = x.upsampledConvolved(
      filter: filter, bias: bias, factors: test.factors, padding: test.padding, activation: test.activation)
    let apart = x.upsampled(factors: test.factors).convolved(
      filter: filter, bias: bias, padding: test.padding, activation: test.activation)
    #expect(joined.shape == apart.shape)
    expectClose(try joined.scalars(), try apart.scalars(), tolerance: 1e-4, "output")
    let seed = draw(apart.shape).detached()
    let found = gradients(of: joined, withRespectTo: [x, filter, bias], seed: seed)
    let expected = gradients(of: apart, withRespectTo: [x, filter, bias], seed: seed)
    for (name, pair) in zip(["input", "filter", "bias"], zip(found, expected)) {
      expectClose(try pair.0.scalars(), try pair.1.scalars(), tolerance: 1e-4, "gradient by the \(name)")
    }
  }
}
