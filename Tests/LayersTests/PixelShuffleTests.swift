import Layers
import Tensors
import TestSupport
import Testing

@Suite struct PixelShuffleTests {
  /// The example of TensorFlow's documentation of `depth_to_space`: 1 × 2 × 2 × 4 with a block size of 2.
  @Test(arguments: TestDevices.withReference) func depthToSpace(test: TestDevice) throws {
    let device = try test.device()
    let input = Tensor((1...16).map(Float.init), shape: [1, 2, 2, 4], on: device)
    let output = PixelShuffle()(input)
    #expect(output.shape == [1, 4, 4, 1])
    #expect(try output.scalars() == [1, 2, 5, 6, 3, 4, 7, 8, 9, 10, 13, 14, 11, 12, 15, 16])
    let channels = Tensor((1...24).map(Float.init), shape: [1, 1, 2, 12], on: device)
    #expect(
      try PixelShuffle()(channels).scalars() == [
        1, 2, 3, 4, 5, 6, 13, 14, 15, 16, 17, 18, 7, 8, 9, 10, 11, 12, 19, 20, 21, 22, 23, 24,
      ])
  }
}
