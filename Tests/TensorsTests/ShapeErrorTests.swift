import Backends
import ReferenceBackend
import Tensors
import TestSupport
import Testing

/// A shape mistake stops the program with a message that names the operation and the shapes.
@Suite struct ShapeErrorTests {
  private static func zeros(_ shape: Shape) -> Tensor { .zeros(shape, on: Device(ReferenceBackend())) }

  @inline(never) private static func multiplyMismatched(_ x: Tensor = zeros([2, 3])) -> Tensor { x * .zeros([4], on: x.device) }

  @Test func arithmetic() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let device = Device(ReferenceBackend())
      _ = Tensor.zeros([2, 3], on: device) * Tensor.zeros([4], on: device)
    }
    expect(result, says: "*", "[2, 3]", "[4]")
  }

  @Test func theLineThatLedThere() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Self.multiplyMismatched()
    }
    #if canImport(Runtime)
      expect(result, says: "[2, 3]", "called at ShapeErrorTests.swift:11")
    #endif
  }

  @Test func devices() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Self.zeros([2]) + Self.zeros([2])
    }
    expect(result, says: "+", "two devices", "reference")
    let different = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try Self.zeros([2]) + .zeros([2], on: TestDevices.all[0].device())
    }
    expect(different, says: "+", "left operand is on reference", TestDevices.all[0].description)
  }

  @Test func matmul() async {
    let inner = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let device = Device(ReferenceBackend())
      _ = Tensor.matmul(.zeros([2, 3], on: device), .zeros([4, 5], on: device))
    }
    expect(inner, says: "matmul", "[2, 3]", "[4, 5]")
    let batches = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let device = Device(ReferenceBackend())
      _ = Tensor.matmul(.zeros([2, 2, 3], on: device), .zeros([3, 3, 5], on: device))
    }
    expect(batches, says: "matmul", "[2, 2, 3]", "[3, 3, 5]")
  }

  @Test func dense() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let device = Device(ReferenceBackend())
      _ = Tensor.zeros([2, 3], on: device).dense(weight: .zeros([4, 5], on: device))
    }
    expect(result, says: "dense", "[2, 3]", "[4, 5]")
  }

  @Test func convolution() async {
    let channels = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let device = Device(ReferenceBackend())
      _ = Tensor.zeros([1, 5, 5, 2], on: device).convolved(filter: .zeros([3, 3, 3, 8], on: device))
    }
    expect(channels, says: "convolution", "[1, 5, 5, 2]", "[3, 3, 3, 8]")
    let size = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let device = Device(ReferenceBackend())
      _ = Tensor.zeros([1, 2, 5, 2], on: device).convolved(filter: .zeros([3, 3, 2, 8], on: device))
    }
    expect(size, says: "convolution", "[1, 2, 5, 2]", "[3, 3, 2, 8]", "larger")
    let bias = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let device = Device(ReferenceBackend())
      _ = Tensor.zeros([1, 5, 5, 2], on: device)
        .convolved(filter: .zeros([3, 3, 2, 8], on: device), bias: .zeros([2], on: device))
    }
    expect(bias, says: "convolution", "[2]", "8 output channels")
  }

  @Test func paddingOfTheWrongRank() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let device = Device(ReferenceBackend())
      _ = Tensor.zeros([1, 5, 5, 2], on: device)
        .convolved(filter: .zeros([3, 3, 2, 8], on: device), padding: .explicit(low: [1], high: [1]))
    }
    expect(result, says: "padding: [1] before and [1] after", "2 axes")
  }

  @Test func transposedConvolution() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let device = Device(ReferenceBackend())
      _ = Tensor.zeros([1, 5, 5, 2], on: device).transposedConvolved(filter: .zeros([3, 3, 2, 8], on: device))
    }
    expect(result, says: "transposed convolution", "[1, 5, 5, 2]", "[3, 3, 2, 8]")
    let size = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let device = Device(ReferenceBackend())
      _ = Tensor.zeros([1, 5, 5, 2], on: device)
        .transposedConvolved(filter: .zeros([3, 3, 8, 2], on: device), stride: [2, 2], outputSize: [20, 20])
    }
    expect(size, says: "transposed convolution", "[20, 20]", "[1, 5, 5, 2]")
  }

  @Test func pooling() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Self.zeros([1, 2, 2, 3]).maxPooled(size: [3, 3])
    }
    expect(result, says: "max pooling", "[3, 3]", "[1, 2, 2, 3]")
    let rank = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Self.zeros([4, 3]).averagePooled(size: [2])
    }
    expect(rank, says: "average pooling", "[2]", "[4, 3]")
    let global = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Self.zeros([4]).globalAveragePooled()
    }
    expect(global, says: "global average pooling", "[4]")
  }

  @Test func upsampling() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Self.zeros([1, 2, 2, 3]).upsampled(factors: [2])
    }
    expect(result, says: "upsampling", "[2]", "[1, 2, 2, 3]")
    let bilinear = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Self.zeros([1, 2, 2, 2, 3]).upsampled(factors: [2, 2, 2], interpolation: .bilinear)
    }
    expect(bilinear, says: "bilinear", "[1, 2, 2, 2, 3]")
  }

  @Test func normalization() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let device = Device(ReferenceBackend())
      _ = Tensor.zeros([4, 3], on: device).batchNormalized(scale: .ones([4], on: device), offset: nil, epsilon: 1e-3)
    }
    expect(result, says: "normalization", "[4]", "[4, 3]")
  }

  @Test func reshape() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Self.zeros([2, 3]).reshaped(to: [4, 2])
    }
    expect(result, says: "reshape", "[2, 3]", "[4, 2]")
    let free = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Self.zeros([2, 3]).reshaped(to: [4, -1])
    }
    expect(free, says: "reshape", "[2, 3]", "[4, -1]")
  }

  @Test func layout() async {
    let broadcast = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Self.zeros([2, 3]).broadcast(to: [2, 4])
    }
    expect(broadcast, says: "broadcast", "[2, 3]", "[2, 4]")
    let transpose = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Self.zeros([2, 3]).transposed([0, 0])
    }
    expect(transpose, says: "transpose", "[0, 0]", "[2, 3]")
    let slice = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Self.zeros([2, 3]).sliced(1..<4, axis: 1)
    }
    expect(slice, says: "slice", "1..<4", "[2, 3]")
    let pad = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Self.zeros([2, 3]).padded(before: [1], after: [1, 1])
    }
    expect(pad, says: "pad", "[1]", "[2, 3]")
    let tile = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Self.zeros([2, 3]).tiled([2])
    }
    expect(tile, says: "tile", "[2]", "[2, 3]")
    let concatenate = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let device = Device(ReferenceBackend())
      _ = Tensor.concatenate([.zeros([2, 3], on: device), .zeros([3, 3], on: device)], axis: 1)
    }
    expect(concatenate, says: "concatenate", "[2, 3]", "[3, 3]", "axis 1")
  }

  @Test func reductions() async {
    let axis = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Self.zeros([2, 3]).sum(axes: [2])
    }
    expect(axis, says: "sum", "axis 2", "[2, 3]")
    let twice = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Self.zeros([2, 3]).max(axes: [1, -1])
    }
    expect(twice, says: "max", "[1, -1]", "[2, 3]")
    let empty = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Self.zeros([2, 0]).max(axes: [1])
    }
    expect(empty, says: "max", "[2, 0]", "empty")
  }

  @Test func values() async {
    let scalars = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([1, 2, 3], shape: [2, 2], on: Device(ReferenceBackend()))
    }
    expect(scalars, says: "3 scalars", "[2, 2]")
    let scalar = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try? Self.zeros([2, 2]).scalar()
    }
    expect(scalar, says: "scalar", "[2, 2]")
  }

  @Test func gradientMistakes() async {
    let output = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Self.zeros([2, 3]).tracked()
      _ = gradients(of: x * x, withRespectTo: [x])
    }
    expect(output, says: "gradients", "[2, 3]", "scalar")
    let seed = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Self.zeros([2, 3]).tracked()
      _ = gradients(of: x * x, withRespectTo: [x], seed: .ones([3], on: x.device))
    }
    expect(seed, says: "gradients", "[3]", "[2, 3]")
    let untracked = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Self.zeros([2, 3])
      _ = gradients(of: (x * x).sum(), withRespectTo: [x])
    }
    expect(untracked, says: "gradients", "[2, 3]", "tracked()")
    let released = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Self.zeros([2, 3]).tracked()
      let y = (x * x).sum()
      _ = gradients(of: y, withRespectTo: [x])
      _ = gradients(of: y, withRespectTo: [x])
    }
    expect(released, says: "gradients", "retainsGraph")
  }
}
