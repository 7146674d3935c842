import Backends
import Foundation
import ReferenceBackend
import TestSupport
import Testing

/// Gradients of the reference against mathematics: `⟨A x, y⟩ = ⟨x, Aᵀ y⟩` where the operation is linear,
/// differences where it is not.
@Suite struct ReferenceGradientTests {
  private let backend = ReferenceBackend()

  private func dot(_ a: any Storage, _ b: any Storage) throws -> Double {
    try zip(backend.values(of: a), backend.values(of: b)).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  private func uniform(_ count: Int, seed: UInt64, _ range: ClosedRange<Float> = -1...1) -> any Storage {
    var random = TestRandom(seed: seed)
    return backend.upload(random.uniform(count, range))
  }

  private func expectEqual(_ a: Double, _ b: Double, scale: Int, _ location: SourceLocation = #_sourceLocation) {
    #expect(abs(a - b) < 1e-6 * Double(scale).squareRoot().rounded(.up), "\(a) and \(b)", sourceLocation: location)
  }

  @Test(arguments: [
    Convolution(batch: 2, windows: Windows([9], [4], stride: [3], .same), inputChannels: 3, outputChannels: 5),
    Convolution(
      batch: 3, windows: Windows([7, 8], [3, 2], stride: [2, 1], dilation: [1, 2], .explicit([2, 0], [0, 3])),
      inputChannels: 2, outputChannels: 4),
    Convolution(
      batch: 2, windows: Windows([5, 4, 6], [4, 3, 2], stride: [2, 2, 3], .same), inputChannels: 3, outputChannels: 2),
    Convolution(
      batch: 1, windows: Windows([10, 10], [2, 2], stride: [3, 3], .valid), inputChannels: 1, outputChannels: 1),
  ])
  func convolutionIsBilinear(_ convolution: Convolution) throws {
    let x = uniform(convolution.inputCount, seed: 1), w = uniform(convolution.filterCount, seed: 2)
    let dy = uniform(convolution.outputCount, seed: 3)
    let y = backend.convolution(convolution, input: x, filter: w, bias: nil, activation: .identity)
    let dx = backend.convolutionInputGradient(
      convolution, outputGradient: dy, filter: w, bias: nil, activation: .identity)
    let dw = backend.convolutionFilterGradient(convolution, input: x, outputGradient: dy)
    let product = try dot(y, dy)
    try expectEqual(product, dot(x, dx), scale: convolution.outputCount)
    try expectEqual(product, dot(w, dw), scale: convolution.outputCount)
  }

  @Test(arguments: [
    Pooling(batch: 2, windows: Windows([9, 7], [3, 2], stride: [2, 2], .same), channels: 3),
    Pooling(
      batch: 1, windows: Windows([9, 7], [3, 3], stride: [1, 2], .explicit([1, 2], [2, 0])), channels: 5,
      countsPadding: true),
    Pooling(batch: 3, windows: Windows([4, 5, 6], [2, 2, 2], stride: [2, 1, 3], .valid), channels: 2),
    Pooling(batch: 1, windows: Windows([3, 3], [2, 2], stride: [2, 2], .explicit([2, 2], [2, 2])), channels: 2),
  ])
  func poolingAdjoints(_ pooling: Pooling) throws {
    let x = uniform(pooling.inputCount, seed: 4), dy = uniform(pooling.outputCount, seed: 5)
    try expectEqual(
      dot(backend.averagePooling(pooling, x), dy), dot(x, backend.averagePoolingGradient(pooling, dy)),
      scale: pooling.outputCount)
    let (output, taps) = backend.maximumPooling(pooling, x)
    let gathered = backend.maximumPoolingGather(pooling, x, taps: taps)
    #expect(
      try zip(backend.values(of: gathered), backend.values(of: output)).allSatisfy { $0 == $1 || $1 == -.infinity },
      "the taps name the largest elements")
    try expectEqual(
      dot(gathered, dy), dot(x, backend.maximumPoolingScatter(pooling, dy, taps: taps)), scale: pooling.outputCount)
  }

  @Test(arguments: [
    Upsampling(batch: 2, inputSize: [5], factors: [3], channels: 2, interpolation: .nearest),
    Upsampling(batch: 2, inputSize: [3, 4, 2], factors: [2, 1, 3], channels: 3, interpolation: .nearest),
    Upsampling(batch: 2, inputSize: [5, 4], factors: [2, 3], channels: 3, interpolation: .bilinear),
    Upsampling(batch: 1, inputSize: [1, 7], factors: [4, 1], channels: 1, interpolation: .bilinear),
  ])
  func upsamplingAdjoint(_ upsampling: Upsampling) throws {
    let x = uniform(upsampling.inputCount, seed: 6), dy = uniform(upsampling.outputCount, seed: 7)
    try expectEqual(
      dot(backend.upsampling(upsampling, x), dy), dot(x, backend.upsamplingGradient(upsampling, dy)),
      scale: upsampling.outputCount)
    // Weights of each output sum to one.
    let ones = backend.upsampling(upsampling, backend.fill(1, count: upsampling.inputCount))
    #expect(try backend.values(of: ones).allSatisfy { $0 == 1 })
  }

  @Test func gatherAdjoint() throws {
    let x = uniform(7 * 3, seed: 8), dy = uniform(20 * 3, seed: 9)
    let indices = backend.upload((0..<20).map { Float($0 * $0 % 7) })
    try expectEqual(
      dot(backend.gather(x, indices: indices, rows: 7, width: 3), dy),
      dot(x, backend.scatterAdd(dy, indices: indices, rows: 7, width: 3)), scale: 60)
  }

  /// The normalization gradient against central differences of `Σ activation(normalize(x, moments(x))) · dy`,
  /// with the function computed in double precision here.
  @Test(arguments: [
    (Normalization(groups: 1, rows: 9, channels: 2, epsilon: 1e-3), Activation.identity),
    (Normalization(groups: 3, rows: 5, channels: 1, epsilon: 1e-5), .tanh),
    (Normalization(groups: 2, rows: 4, channels: 3, epsilon: 0.1), .sigmoid),
    (Normalization(groups: 1, rows: 7, channels: 3, epsilon: 1e-3), .leakyReLU(slope: 0.2)),
  ])
  func normalizationGradient(_ shape: Normalization, _ activation: Activation) throws {
    var random = TestRandom(seed: 10)
    let x = random.uniform(shape.count), dy = random.uniform(shape.count)
    let scale = random.uniform(shape.channels, 0.5...2), offset = random.uniform(shape.channels)
    let input = backend.upload(x)
    let (mean, variance) = backend.moments(shape, input)
    let gradients = backend.normalizationGradient(
      shape, input: input, outputGradient: backend.upload(dy), mean: mean, variance: variance,
      scale: backend.upload(scale), offset: backend.upload(offset), activation: activation)
    func activated(_ x: Double) -> Double {
      switch activation {
      case .tanh: tanh(x)
      case .sigmoid: 1 / (1 + exp(-x))
      case .leakyReLU(let slope): x > 0 ? x : Double(slope) * x
      default: x
      }
    }

    func loss(_ x: [Double], _ scale: [Double], _ offset: [Double]) -> Double {
      var loss = 0.0
      for group in 0..<shape.groups {
        for c in 0..<shape.channels {
          let indices = (0..<shape.rows).map { (group * shape.rows + $0) * shape.channels + c }
          let mean = indices.reduce(0) { $0 + x[$1] } / Double(shape.rows)
          let variance = indices.reduce(0) { $0 + (x[$1] - mean) * (x[$1] - mean) } / Double(shape.rows)
          let deviation = (variance + Double(shape.epsilon)).squareRoot()
          for i in indices { loss += Double(dy[i]) * activated(scale[c] * (x[i] - mean) / deviation + offset[c]) }
        }
      }
      return loss
    }
    let point = x.map { Double($0) }, scales = scale.map { Double($0) }, offsets = offset.map { Double($0) }
    expectGradient(try backend.values(of: gradients.input), at: point) { loss($0, scales, offsets) }
    expectGradient(try summed(gradients.scale, shape), at: scales) { loss(point, $0, offsets) }
    expectGradient(try summed(gradients.offset, shape), at: offsets) { loss(point, scales, $0) }
  }

  private func summed(_ gradient: any Storage, _ shape: Normalization) throws -> [Float] {
    try backend.values(
      of: backend.reduce(.sum, gradient, outer: 1, length: shape.groups, inner: shape.channels))
  }

  private func expectGradient(_ gradient: [Float], at point: [Double], of function: ([Double]) -> Double) {
    #expect(gradient.count == point.count)
    for i in point.indices {
      var above = point, below = point
      above[i] += 1e-5
      below[i] -= 1e-5
      let difference = (function(above) - function(below)) / 2e-5
      #expect(abs(difference - Double(gradient[i])) < 1e-5 * max(1, abs(difference)), "element \(i)")
    }
  }

  @Test(arguments: activations)
  func activationGradient(_ activation: Activation) {
    for x in stride(from: Float(-3), through: 3, by: 0.37) {
      let step: Float = 0x1p-7
      let difference = (Double(activation(x + step)) - Double(activation(x - step))) / (2 * Double(step))
      let gradient = BinaryOperation.activationGradient(activation)(activation(x), 2)
      #expect(abs(Double(gradient) - 2 * difference) < 1e-4, "at \(x)")
    }
  }

  @Test func activationGradientsAtZero() {
    #expect(BinaryOperation.activationGradient(.relu)(0, 5) == 0)
    #expect(BinaryOperation.activationGradient(.leakyReLU(slope: 0.25))(0, 4) == 1)
    #expect(BinaryOperation.activationGradient(.elu(alpha: 1.5))(0, 4) == 6)
  }

  @Test func sigmoidCrossEntropyGradient() {
    for a in stride(from: Float(-6), through: 6, by: 0.7) {
      for target: Float in [0, 0.3, 1] {
        let step: Float = 0x1p-7
        let above = Double(BinaryOperation.sigmoidCrossEntropy(a + step, target))
        let below = Double(BinaryOperation.sigmoidCrossEntropy(a - step, target))
        let gradient = Double(BinaryOperation.sigmoidMinus(scale: 1)(a, target))
        #expect(abs((above - below) / (2 * Double(step)) - gradient) < 1e-4)
      }
    }
  }
}
