import Tensors
import TestSupport
import Testing

/// Parts of tensors and comparisons of their elements, as NumPy has them.
@Suite struct SubscriptTests {
  private static func tensor(on device: TestDevice) throws -> Tensor {
    try Tensor((0..<24).map(Float.init), shape: [2, 3, 4], on: device.device())
  }

  @Test(arguments: TestDevices.withReference) func partsOfATensor(device: TestDevice) throws {
    let x = try Self.tensor(on: device)
    func expect(_ part: Tensor, _ shape: [Int], _ values: [Float]) throws {
      #expect(part.shape.dimensions == shape)
      #expect(try part.scalars() == values)
    }
    try expect(x[1, 2, 3], [], [23])
    try expect(x[-1, 0], [4], [12, 13, 14, 15])
    try expect(x[0, 1...], [2, 4], [4, 5, 6, 7, 8, 9, 10, 11])
    try expect(x[0..., -1, ..<2], [2, 2], [8, 9, 20, 21])
    try expect(x[0, 0, 1..<3], [2], [1, 2])
    try expect(x[0, 0, -3 ... -1], [3], [1, 2, 3])
    try expect(x[0, 0, (-2)...], [2], [2, 3])
    try expect(x[0, 0, ..<(-3)], [1], [0])
    try expect(x[1, 1, 2..<2], [0], [])
  }

  @Test(arguments: TestDevices.withReference) func gradientsFindTheirPart(device: TestDevice) throws {
    let x = try Self.tensor(on: device).tracked()
    let slope = gradients(of: (x[1, 0..., 2] * 5).sum(), withRespectTo: [x])[0]
    let expected = (0..<24).map { $0 >= 12 && $0 % 4 == 2 ? Float(5) : 0 }
    #expect(try slope.scalars() == expected)
  }

  @Test func whatIsNotThereStopsTheProgram() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try Self.tensor(on: .reference)[0, 3]
    }
    expect(result, says: "subscript", "3", "axis 1", "[2, 3, 4]")
  }

  @Test(arguments: TestDevices.withReference) func comparisons(device: TestDevice) throws {
    let device = try device.device()
    let left = Tensor([1, 2, 3, .nan], on: device), right = Tensor([2, 2, 2, 2], on: device)
    let all: [(Tensor, Tensor, [Float])] = [
      (left == right, left == 2, [0, 1, 0, 0]), (left != right, left != 2, [1, 0, 1, 1]),
      (left > right, left > 2, [0, 0, 1, 0]), (left >= right, left >= 2, [0, 1, 1, 0]),
      (left < right, left < 2, [1, 0, 0, 0]), (left <= right, left <= 2, [1, 1, 0, 0]),
    ]
    for (ofTensors, withNumber, expected) in all {
      #expect(try ofTensors.scalars() == expected)
      #expect(try withNumber.scalars() == expected)
    }
  }
}
