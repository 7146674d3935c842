import Backends
import Testing

@testable import CPUBackend

/// oneDNN's code writes into memory of ours, and says how much it needs.
@Suite struct OneDNNMemoryTests {
  static let convolutions = [
    ([6, 8], [1, 1]), ([6, 8], [3, 3]), ([5, 9], [1, 3]), ([9, 7], [4, 4]), ([4, 5, 3], [1, 1, 1]), ([4, 5, 3], [2, 3, 2]),
  ].flatMap { size, kernel in
    [1, 2].flatMap { stride in
      [(3, 2), (1, 8), (5, 13), (16, 3), (8, 33)].map { input, output in
        let none = size.map { _ in 0 }
        let windows = Windows(
          inputSize: size, kernelSize: kernel, stride: size.map { _ in stride }, paddingLow: none, paddingHigh: none)
        return Convolution(batch: stride, windows: windows, inputChannels: input, outputChannels: output)
      }
    }
  }

  @Test(arguments: [1, 2])
  func convolutionsWriteOnlyWhatIsTheirs(threads: Int) throws {
    let oneDNN = OneDNN(team: ThreadTeam(threads: threads))
    var computed = 0
    for convolution in Self.convolutions {
      for pass in [ConvolutionKey.Pass.forward, .inputGradient, .filterGradient] {
        let key = ConvolutionKey(pass: pass, convolution: convolution)
        guard key.isComputedByOneDNN else { continue }
        let (first, second, result) =
          switch pass {
          case .forward: (convolution.inputCount, convolution.filterCount, convolution.outputCount)
          case .inputGradient: (convolution.outputCount, convolution.filterCount, convolution.inputCount)
          case .filterGradient: (convolution.inputCount, convolution.outputCount, convolution.filterCount)
          }
        try oneDNN.withConvolution(key) { made, stream in
          guard case .success(let primitive) = made else { return }
          let (result, scratch) = (FencedMemory(count: result), FencedMemory(count: primitive.scratchCount))
          try primitive.run(
            stream, Array(repeating: 1, count: first), Array(repeating: 1, count: second), bias: nil,
            into: result.pointer, scratch: scratch.pointer)
          #expect(result.isIntact && scratch.isIntact, "\(primitive.implementation), \(pass) of \(convolution)")
          computed += 1
        }
      }
    }
    #expect(computed > 100)
  }
}

/// Memory with a margin at both ends that shows whether it was written to.
private final class FencedMemory {
  private static let margin = 4_096
  private static let fence: Float = -77

  private let memory: UnsafeMutableBufferPointer<Float>
  let pointer: UnsafeMutablePointer<Float>

  init(count: Int) {
    // Aligned as the backend's.
    memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: (count + 2 * Self.margin) * MemoryLayout<Float>.stride, alignment: 64
    ).bindMemory(to: Float.self)
    memory.initialize(repeating: Self.fence)
    pointer = memory.baseAddress! + Self.margin
    pointer.update(repeating: 0, count: count)
  }

  deinit { memory.deallocate() }

  var isIntact: Bool {
    memory.prefix(Self.margin).allSatisfy { $0 == Self.fence } && memory.suffix(Self.margin).allSatisfy { $0 == Self.fence }
  }
}
