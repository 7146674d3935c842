import Backends
import ReferenceBackend
import TestSupport
import Testing

/// The reference against numbers worked out by hand: what gives every other comparison its meaning.
@Suite struct ReferenceValueTests {
  private let backend = ReferenceBackend()

  private func convolution(
    _ size: Int, _ kernel: Int, stride: Int = 1, dilation: Int = 1, _ padding: TestPadding = .valid,
    channels: (Int, Int) = (1, 1)
  ) -> Convolution {
    Convolution(
      batch: 1, windows: Windows([size], [kernel], stride: [stride], dilation: [dilation], padding),
      inputChannels: channels.0, outputChannels: channels.1)
  }

  private func convolve(
    _ convolution: Convolution, _ input: [Float], _ filter: [Float], bias: [Float]? = nil,
    _ activation: Activation = .identity
  ) throws -> [Float] {
    try backend.values(
      of: backend.convolution(
        convolution, input: backend.upload(input), filter: backend.upload(filter), bias: bias.map(backend.upload),
        activation: activation))
  }

  @Test func convolutionDoesNotFlipTheFilter() throws {
    #expect(try convolve(convolution(4, 3), [1, 2, 3, 4], [1, 2, 3]) == [14, 20])
  }

  @Test func convolutionWithSamePaddingPadsMoreAtTheEnd() throws {
    #expect(try convolve(convolution(4, 3, stride: 2, .same), [1, 2, 3, 4], [1, 10, 100]) == [321, 43])
  }

  @Test func convolutionWithDilation() throws {
    #expect(try convolve(convolution(5, 2, dilation: 3), [1, 2, 3, 4, 5], [1, 10]) == [41, 52])
  }

  @Test func convolutionMixesChannelsThenAddsBiasThenActivates() throws {
    // Filter [tap, input, output]: output 0 = a − b, output 1 = 10a + b.
    let result = try convolve(
      convolution(2, 1, channels: (2, 2)), [1, 2, 3, 4], [1, 10, -1, 1], bias: [0.5, -100], .relu)
    #expect(result == [0, 0, 0, 0])
    let shifted = try convolve(
      convolution(2, 1, channels: (2, 2)), [1, 2, 3, 4], [1, 10, -1, 1], bias: [2, 0], .relu)
    #expect(shifted == [1, 12, 1, 34])
  }

  @Test func convolutionOverTwoAxesIsRowMajor() throws {
    let convolution = Convolution(
      batch: 1, windows: Windows([2, 3], [2, 2], .valid), inputChannels: 1, outputChannels: 1)
    #expect(try convolve(convolution, [1, 2, 3, 4, 5, 6], [1, 10, 100, 1000]) == [5421, 6532])
  }

  @Test func inputGradientSpreadsEachOutput() throws {
    let gradient = backend.convolutionInputGradient(
      convolution(5, 3, stride: 2), outputGradient: backend.upload([1, 2]), filter: backend.upload([1, 10, 100]),
      bias: backend.upload([0.5]), activation: .identity)
    #expect(try backend.values(of: gradient) == [1.5, 10.5, 102.5, 20.5, 200.5])
  }

  @Test func filterGradientCorrelatesInputAndOutput() throws {
    let gradient = backend.convolutionFilterGradient(
      convolution(4, 3), input: backend.upload([1, 2, 3, 4]), outputGradient: backend.upload([1, 10]))
    #expect(try backend.values(of: gradient) == [21, 32, 43])
  }

  @Test func matrixProductsOfTransposes() throws {
    // A = [[1, 2], [3, 4], [5, 6]], B = [[1, 0, 2], [0, 1, 3]].
    let products: [(Bool, [Float], Bool, [Float])] = [
      (false, [1, 2, 3, 4, 5, 6], false, [1, 0, 2, 0, 1, 3]), (true, [1, 3, 5, 2, 4, 6], false, [1, 0, 2, 0, 1, 3]),
      (false, [1, 2, 3, 4, 5, 6], true, [1, 0, 0, 1, 2, 3]), (true, [1, 3, 5, 2, 4, 6], true, [1, 0, 0, 1, 2, 3]),
    ]
    for (transposesLeft, left, transposesRight, right) in products {
      let product = MatrixProduct(
        m: 3, n: 3, k: 2, transposesLeft: transposesLeft, transposesRight: transposesRight)
      let result = backend.matrixProduct(
        product, backend.upload(left), backend.upload(right), bias: backend.upload([0, 0, 100]),
        activation: .identity)
      #expect(try backend.values(of: result) == [1, 2, 108, 3, 4, 118, 5, 6, 128])
    }
  }

  @Test func pooling() throws {
    let windows = Windows([4], [3], stride: [2], .explicit([1], [1]))
    let input = backend.upload([-1, -4, 7, 7])
    let (output, taps) = backend.maximumPooling(Pooling(batch: 1, windows: windows, channels: 1), input)
    #expect(try backend.values(of: output) == [-1, 7])
    #expect(try backend.values(of: taps) == [1, 1])
    for (countsPadding, expected) in [(false, [-2.5, 10.0 / 3]), (true, [-5.0 / 3, 10.0 / 3])] {
      let pooling = Pooling(batch: 1, windows: windows, channels: 1, countsPadding: countsPadding)
      #expect(try backend.values(of: backend.averagePooling(pooling, input)) == expected.map { Float($0) })
    }
  }

  @Test func upsamplingHasHalfPixelCentres() throws {
    func upsample(_ interpolation: Interpolation, _ size: [Int], _ factors: [Int], _ values: [Float]) throws -> [Float] {
      let upsampling = Upsampling(
        batch: 1, inputSize: size, factors: factors, channels: 1, interpolation: interpolation)
      return try backend.values(of: backend.upsampling(upsampling, backend.upload(values)))
    }
    #expect(try upsample(.nearest, [2], [3], [1, 2]) == [1, 1, 1, 2, 2, 2])
    #expect(try upsample(.bilinear, [1, 2], [1, 2], [0, 8]) == [0, 2, 6, 8])
    #expect(try upsample(.bilinear, [2, 1], [4, 1], [0, 8]) == [0, 0, 1, 3, 5, 7, 8, 8])
  }

  @Test func normalization() throws {
    let shape = Normalization(groups: 1, rows: 4, channels: 1, epsilon: 0)
    let input = backend.upload([1, 3, 5, 7])
    let (mean, variance) = backend.moments(shape, input)
    #expect(try backend.values(of: mean) == [4] && backend.values(of: variance) == [5])
    let output = backend.normalize(
      shape, input, mean: mean, variance: backend.upload([4]), scale: backend.upload([2]),
      offset: backend.upload([1]), activation: .relu)
    #expect(try backend.values(of: output) == [0, 0, 2, 4])
  }

  @Test func reductionsAndIndices() throws {
    let x = backend.upload([1, 5, 3, 5, 2, 0])
    func reduce(_ reduction: Reduction, _ outer: Int, _ length: Int, _ inner: Int) throws -> [Float] {
      try backend.values(of: backend.reduce(reduction, x, outer: outer, length: length, inner: inner))
    }
    #expect(try reduce(.sum, 2, 3, 1) == [9, 7])
    #expect(try reduce(.sum, 1, 3, 2) == [6, 10])
    #expect(try reduce(.maximum, 1, 2, 3) == [5, 5, 3])
    #expect(try reduce(.minimum, 3, 2, 1) == [1, 3, 0])
    #expect(try reduce(.argumentMaximum, 1, 6, 1) == [1])
    let indices = backend.upload([2, 0, 2])
    #expect(try backend.values(of: backend.gather(x, indices: indices, rows: 3, width: 2)) == [2, 0, 1, 5, 2, 0])
    #expect(try backend.values(of: backend.scatterAdd(x, indices: indices, rows: 3, width: 2)) == [3, 5, 0, 0, 3, 5])
  }

  @Test func optimizersFollowTheirFormulas() throws {
    func two(_ rule: OptimizerRule) throws -> [Float] {
      var w: [any Storage] = [backend.upload([1])]
      var slots = (0..<rule.slotCount).map { _ in [backend.upload([0])] as [any Storage] }
      var path: [Float] = []
      for _ in 0..<2 {
        backend.optimizerStep(rule, parameters: &w, gradients: [backend.upload([0.5])], slots: &slots)
        path += try backend.values(of: w[0])
      }
      return path
    }
    func close(_ a: [Float], _ b: [Double]) -> Bool { zip(a, b).allSatisfy { abs(Double($0) - $1) < 1e-7 } }
    #expect(try close(two(.sgd(rate: 0.1, momentum: 0, nesterov: false)), [0.95, 0.90]))
    #expect(try close(two(.sgd(rate: 0.1, momentum: 0.9, nesterov: false)), [0.95, 0.855]))
    #expect(try close(two(.sgd(rate: 0.1, momentum: 0.9, nesterov: true)), [0.905, 0.7695]))
    // v = 0.1 · 0.25 = 0.025, then 0.0475.
    let first = 1 - 0.01 * 0.5 / (0.025 + 1e-7).squareRoot()
    #expect(
      try close(
        two(.rmsProp(rate: 0.01, rho: 0.9, epsilon: 1e-7)),
        [first, first - 0.01 * 0.5 / (0.0475 + 1e-7).squareRoot()]))
    // m = 0.05, then 0.095; v = 0.0025, then 0.004975; the weight first decays by a hundredth.
    let decayed = 0.99 - 0.01 * 0.05 / 0.05
    #expect(
      try close(
        two(.adam(rate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 0, decay: 0.01)),
        [decayed, 0.99 * decayed - 0.01 * 0.095 / 0.004975.squareRoot()]))
  }
}
