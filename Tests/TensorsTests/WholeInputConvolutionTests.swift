import Backends
import Tensors
import TestSupport
import Testing

/// Convolutions whose only window is the whole input are computed as matrix products: the same numbers as the
/// backend's convolution gives, and no others are taken for such.
@Suite struct WholeInputConvolutionTests {
  private func random(_ shape: Shape, on device: Device) -> Tensor {
    .randomUniform(shape, low: -1, using: RandomGenerator(seed: UInt64(shape.count)), on: device)
  }

  @Test(arguments: TestDevices.withReference) func equalsTheBackendsConvolution(test: TestDevice) throws {
    let device = try test.device(), backend = device.backend
    for (size, stride) in [([4, 4, 4], 1), ([3, 2], 2), ([5], 1)] {
      let x = random(Shape([3] + size + [6]), on: device).tracked(), bias = random([5], on: device).tracked()
      let filter = random(Shape(size + [6, 5]), on: device).tracked()
      let strides = size.map { _ in stride }
      let y = x.convolved(filter: filter, bias: bias, stride: strides, activation: .tanh)
      let convolution = Convolution(
        batch: 3, windows: Windows(inputSize: size, kernelSize: size, stride: strides, padding: .valid),
        inputChannels: 6, outputChannels: 5)
      let expected = backend.convolution(
        convolution, input: x.storage, filter: filter.storage, bias: bias.storage, activation: .tanh)
      expectClose(try y.scalars(), try backend.values(of: expected), tolerance: 1e-5, "forward, \(size)")

      let z = y.detached().tracked(), wide = random([6], on: device)
      let up = z.transposedConvolved(
        filter: filter, bias: wide, stride: strides, outputSize: size, activation: .sigmoid)
      let expectedUp = backend.convolutionInputGradient(
        convolution, outputGradient: z.storage, filter: filter.storage, bias: wide.storage, activation: .sigmoid)
      expectClose(try up.scalars(), try backend.values(of: expectedUp), tolerance: 1e-5, "transposed, \(size)")

      let linear = x.convolved(filter: filter, stride: strides)
      let seed = random(linear.shape, on: device)
      let found = gradients(of: linear, withRespectTo: [x, filter], seed: seed)
      let byInput = backend.convolutionInputGradient(
        convolution, outputGradient: seed.storage, filter: filter.storage, bias: nil, activation: .identity)
      expectClose(try found[0].scalars(), try backend.values(of: byInput), tolerance: 1e-5, "input gradient, \(size)")
      let byFilter = backend.convolutionFilterGradient(convolution, input: x.storage, outputGradient: seed.storage)
      expectClose(try found[1].scalars(), try backend.values(of: byFilter), tolerance: 1e-5, "filter gradient, \(size)")
    }
  }

  /// Two taps two elements apart over two elements and one of padding: the second tap meets the padding.
  @Test(arguments: TestDevices.withReference) func dilatedTapsThatLeaveTheInputAreNoMatrixProduct(test: TestDevice) throws {
    let device = try test.device()
    let x = Tensor([3, 5], shape: [1, 2, 1], on: device), filter = Tensor([7, 11], shape: [2, 1, 1], on: device)
    let y = x.convolved(filter: filter, padding: .explicit(low: [0], high: [1]), dilation: [2])
    #expect(y.shape == [1, 1, 1])
    #expect(try y.scalars() == [21])
  }
}
