import Backends
import TestSupport
import Testing

@Suite struct ShapeTests {
  @Test func stridesAreRowMajor() {
    #expect(Shape([2, 3, 4]).strides == [12, 4, 1])
    #expect(Shape([]).strides == [])
    #expect(Shape([]).count == 1)
    #expect(Shape([3, 0, 2]).count == 0)
  }

  @Test(
    arguments: [
      (Shape([2, 3]), Shape([3]), Shape([2, 3])), ([2, 1], [1, 5], [2, 5]), ([], [4], [4]), ([1], [], [1]),
      ([4, 1, 3], [2, 1], [4, 2, 3]), ([0, 3], [1, 3], [0, 3]), ([3], [4, 0, 1], [4, 0, 3]),
    ] as [(Shape, Shape, Shape)])
  func shapesBroadcast(_ left: Shape, _ right: Shape, _ result: Shape) {
    #expect(left.broadcast(with: right) == result)
    #expect(right.broadcast(with: left) == result)
  }

  @Test func shapesThatDoNotFit() {
    #expect(Shape([2, 3]).broadcast(with: [2]) == nil)
    #expect(Shape([2, 3]).broadcast(with: [4, 3]) == nil)
  }
}

@Suite struct BroadcastTests {
  @Test func equalShapesAreOneRow() {
    let broadcast = Broadcast([2, 3, 4], [2, 3, 4], to: [2, 3, 4])
    #expect(broadcast.shape == [24])
    #expect(broadcast.leftStrides == [1] && broadcast.rightStrides == [1])
  }

  @Test func aScalarHasNoStride() {
    let broadcast = Broadcast([2, 3, 4], [], to: [2, 3, 4])
    #expect(broadcast.shape == [24])
    #expect(broadcast.leftStrides == [1] && broadcast.rightStrides == [0])
    #expect(Broadcast([], [], to: []).shape == [1])
  }

  @Test func aBiasIsRowsAndColumns() {
    let broadcast = Broadcast([16, 28, 28, 3], [3], to: [16, 28, 28, 3])
    #expect(broadcast.shape == [16 * 28 * 28, 3])
    #expect(broadcast.leftStrides == [3, 1] && broadcast.rightStrides == [0, 1])
  }

  @Test func anInnerScalarIsRowsAndColumns() {
    let broadcast = Broadcast([4, 5, 6], [4, 1, 1], to: [4, 5, 6])
    #expect(broadcast.shape == [4, 30])
    #expect(broadcast.leftStrides == [30, 1] && broadcast.rightStrides == [1, 0])
  }

  /// Merging must not change which elements meet.
  @Test(
    arguments: [
      (Shape([2, 3, 4, 5]), Shape([3, 1, 5])), ([2, 1, 4, 1], [1, 3, 1, 5]), ([5], [2, 3, 1]), ([1, 1, 7], [2, 1, 1]),
      ([2, 3, 1, 1], [2, 3, 4, 5]),
    ] as [(Shape, Shape)])
  func mergedAxesMeetTheSameElements(_ left: Shape, _ right: Shape) {
    let output = left.broadcast(with: right)!
    let broadcast = Broadcast(left, right, to: output)
    #expect(broadcast.count == output.count)
    for flat in 0..<output.count {
      let index = indices(of: flat, in: output.dimensions)
      #expect(
        offset(indices(of: flat, in: broadcast.shape), broadcast.leftStrides) == operandOffset(index, left)
          && offset(indices(of: flat, in: broadcast.shape), broadcast.rightStrides) == operandOffset(index, right))
    }
  }

  private func operandOffset(_ index: [Int], _ shape: Shape) -> Int {
    let own = index.suffix(shape.rank)
    return offset(zip(own, shape.dimensions).map { $1 == 1 ? 0 : $0 }, shape.strides)
  }
}

@Suite struct StridedCopyTests {
  @Test func contiguousAxesMerge() {
    let copy = StridedCopy(shape: [2, 3, 4], sourceStrides: [12, 4, 1], destinationStrides: [12, 4, 1])
    #expect(copy.shape == [24] && copy.sourceStrides == [1] && copy.destinationStrides == [1])
  }

  @Test func axesOfOneElementAreDropped() {
    let copy = StridedCopy(shape: [1, 5, 1, 3], sourceStrides: [9, 4, 7, 1], destinationStrides: [0, 3, 2, 1])
    #expect(copy.shape == [5, 3] && copy.sourceStrides == [4, 1] && copy.destinationStrides == [3, 1])
    #expect(StridedCopy(shape: [1, 1], sourceStrides: [5, 5], destinationStrides: [5, 5]).shape == [1])
  }

  @Test func flipsMergeToo() {
    let copy = StridedCopy(shape: [2, 3], sourceOffset: 5, sourceStrides: [-3, -1], destinationStrides: [3, 1])
    #expect(copy.shape == [6] && copy.sourceStrides == [-1] && copy.destinationStrides == [1])
  }

  @Test func aTransposeKeepsItsAxes() {
    let copy = StridedCopy(shape: [3, 2], sourceStrides: [1, 3], destinationStrides: [2, 1])
    #expect(copy.shape == [3, 2] && copy.count == 6)
  }
}

@Suite struct WindowsTests {
  @Test(arguments: [
    (28, 3, 2, 1, 0, 1, 14), (28, 3, 2, 1, 0, 0, 13), (7, 3, 1, 1, 1, 1, 7), (5, 3, 1, 2, 0, 0, 1),
    (4, 3, 1, 2, 0, 0, 0),
    (8, 4, 2, 1, 1, 1, 4), (10, 2, 3, 1, 0, 0, 3), (1, 3, 1, 1, 1, 1, 1),
  ])
  func outputSizes(_ input: Int, _ kernel: Int, _ stride: Int, _ dilation: Int, _ low: Int, _ high: Int, _ output: Int) {
    let windows = Windows(
      inputSize: [input], kernelSize: [kernel], stride: [stride], paddingLow: [low], paddingHigh: [high],
      dilation: [dilation])
    #expect(windows.outputSize == [output])
  }

  @Test func leadingAxesOfOne() {
    let windows = Windows([5, 7], [3, 2], stride: [2, 1], .explicit([1, 0], [0, 1])).inThreeDimensions
    #expect(windows.inputSize == [1, 5, 7] && windows.kernelSize == [1, 3, 2] && windows.stride == [1, 2, 1])
    #expect(windows.paddingLow == [0, 1, 0] && windows.paddingHigh == [0, 0, 1] && windows.dilation == [1, 1, 1])
    #expect(windows.outputSize == [1, 2, 7])
  }

  @Test func countsOfAConvolution() {
    let convolution = Convolution(
      batch: 2, windows: Windows([28, 28], [3, 3], stride: [2, 2], .same), inputChannels: 1, outputChannels: 32)
    #expect(convolution.inputCount == 1568 && convolution.outputCount == 12544 && convolution.filterCount == 288)
    #expect(convolution.floatingPointOperations == 2 * 12544 * 9)
  }
}

@Suite struct PoolSizeClassTests {
  @Test func classesHoldWhatIsAskedAndWasteAnEighth() {
    for bytes in Array(1...5000) + [65536, 65537, 1_000_000, 123_456_789, 1 << 33] {
      let size = poolSizeClass(bytes: bytes)
      #expect(size >= bytes && size % 64 == 0)
      #expect(bytes <= 512 ? size == 512 : Double(size) < 1.126 * Double(bytes))
      #expect(poolSizeClass(bytes: size) == size, "a class is its own")
    }
  }

  @Test func thereAreEightClassesPerPowerOfTwo() {
    #expect(Set((4097...8192).map(poolSizeClass)).count == 8)
  }

  @Test func freedBlocksAreUsedAgain() throws {
    let pool = HostMemoryPool()
    var storage: HostStorage? = try HostStorage(count: 1000, pool: pool)
    let address = storage!.pointer
    storage = nil
    #expect(pool.bytesInUse == 0)
    storage = try HostStorage(count: 1010, pool: pool)
    #expect(storage!.pointer == address)
    #expect(UInt(bitPattern: address) % 64 == 0)
    let second = try HostStorage(count: 1, pool: pool)
    #expect(pool.peakBytes == pool.bytesInUse && pool.bytesInUse == poolSizeClass(bytes: 4040) + 512)
    withExtendedLifetime(second) {}
  }
}

private func indices(of flat: Int, in shape: [Int]) -> [Int] {
  var rest = flat
  return shape.reversed().map { extent in
    defer { rest /= extent }
    return rest % extent
  }.reversed()
}

private func offset(_ index: [Int], _ strides: [Int]) -> Int { zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 } }
