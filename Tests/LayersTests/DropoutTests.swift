import Backends
import Layers
import Tensors
import TestSupport
import Testing

/// Dropout keeps the mean while training and does nothing otherwise.
@Suite struct DropoutTests {
  @Test(arguments: TestDevices.withReference)
  func training(device: TestDevice) throws {
    let device = try device.device()
    let layer = Dropout(rate: 0.25, in: LayerContext(device: device, generator: RandomGenerator(seed: 1)))
    let input = Tensor.ones([100, 400], on: device).tracked()
    let output = layer(input)
    let values = try output.scalars()
    #expect(values.allSatisfy { $0 == 0 || abs($0 - 4 / 3) < 1e-6 })
    let dropped = Double(values.count { $0 == 0 }) / Double(values.count)
    #expect(abs(dropped - 0.25) < 0.01)
    // The gradient meets the mask that the value met.
    #expect(try gradients(of: output.sum(), withRespectTo: [input])[0].scalars() == values)
    #expect(try layer(input).scalars() != values, "every call draws anew")
  }

  @Test(arguments: TestDevices.withReference)
  func evaluating(device: TestDevice) throws {
    let device = try device.device()
    let generator = RandomGenerator(seed: 1)
    let layer = Dropout(rate: 0.25, in: LayerContext(device: device, generator: generator))
    layer.evaluate()
    let input = Tensor.ones([10], on: device)
    #expect(try layer(input).scalars() == input.scalars())
    #expect(generator.state.counter == 0, "evaluation leaves the random stream where it was")
  }

  @Test(arguments: TestDevices.withReference)
  func sameSeedSameMask(device: TestDevice) throws {
    let device = try device.device()
    func draw(seed: UInt64) throws -> [Float] {
      let layer = Dropout(rate: 0.5, in: LayerContext(device: device, generator: RandomGenerator(seed: seed)))
      return try layer(.ones([1000], on: device)).scalars()
    }
    #expect(try draw(seed: 7) == draw(seed: 7))
    #expect(try draw(seed: 7) != draw(seed: 8))
  }
}
