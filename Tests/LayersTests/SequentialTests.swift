import Backends
import Layers
import ReferenceBackend
import Tensors
import TestSupport
import Testing

@Suite struct SequentialTests {
  /// Counts what is asked of a backend that computes nothing.
  @Test func upsamplingAndConvolutionAreOneProduct() {
    let backend = ShapeBackend()
    let device = Device(backend)
    let context = LayerContext(device: device, generator: RandomGenerator(seed: 1))
    let input = Tensor.zeros([2, 8, 8, 16], on: device)
    func operations(_ layers: [Layer]) -> Int {
      let before = backend.floatingPointOperations
      _ = Sequential(layers)(input)
      return backend.floatingPointOperations - before
    }
    func convolution(stride: Int = 1) -> Conv2D {
      Conv2D(inputChannels: 16, outputChannels: 8, kernelSize: 5, stride: stride, padding: .same, in: context)
    }
    let apart = 2 * 2 * 16 * 16 * 25 * 16 * 8
    #expect(operations([UpSampling(), convolution()]) == apart * 9 / 25)
    #expect(operations([UpSampling(interpolation: .bilinear), convolution()]) == apart)
    #expect(operations([UpSampling(), convolution(stride: 2)]) == apart / 4)
  }

  @Test func layersRunInOrder() throws {
    let device = Device(ReferenceBackend())
    let context = LayerContext(device: device, generator: RandomGenerator(seed: 1))
    let convolution = Conv2D(inputChannels: 2, outputChannels: 3, kernelSize: 3, padding: .same, activation: .tanh, in: context)
    let input = Tensor.randomUniform([2, 3, 4, 2], using: RandomGenerator(seed: 2), on: device)
    let output = Sequential(UpSampling(), convolution, UpSampling(factor: 3), Flatten())(input)
    let expected = convolution(input.upsampled(factors: [2, 2])).upsampled(factors: [3, 3]).flattened()
    expectClose(try output.scalars(), try expected.scalars(), tolerance: 1e-5, "output")
  }
}
