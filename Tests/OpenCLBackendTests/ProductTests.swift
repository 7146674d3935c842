import Backends
import Foundation
import ReferenceBackend
import Testing

@testable import OpenCLBackend

/// Matrix products, convolutions and their gradients by both kernel families against the reference, over
/// shapes chosen to meet every edge: partial tiles, borders, phases without taps, splits, narrow operands.
@Suite(.serialized) struct ProductTests {
  /// Kernels for processors as they choose to compute, with Winograd's filtering wherever it can be used, however
  /// small the image; and kernels for graphics cards.
  enum Kernels: CaseIterable {
    case processor, winograd, winogradInParts, graphicsCard, graphicsCardByWinograd

    var isOfCards: Bool { self == .graphicsCard || self == .graphicsCardByWinograd }

    /// Those of one family if `FIGMENT_KERNELS` names one.
    static let tested: [Kernels] = {
      let family = ProcessInfo.processInfo.environment["FIGMENT_KERNELS"]
      return allCases.filter { family == nil || (family == "gpu") == $0.isOfCards }
    }()
    static let ofMatrices = tested.filter { $0 == .processor || $0 == .graphicsCard }
    /// Without that of processors where `FIGMENT_KERNELS` is gpu: a card's driver may refuse it.
    static let families: [Kernels] = tested.contains(.processor) ? [.processor, .graphicsCard] : [.graphicsCard]
  }

  static func device(_ kernels: Kernels) throws -> OpenCLBackend {
    var configuration = OpenCLConfiguration()
    configuration.family = kernels.isOfCards ? .gpu : .cpu
    if kernels == .winograd || kernels == .graphicsCardByWinograd { configuration.winograd = .wherePossible }
    // As cards of AMD and Intel load, too.
    if kernels == .graphicsCardByWinograd { configuration.expandSource = { "#define LOADS_ANYWAY\n" + $0.text } }
    // So few floats that there are several parts.
    if kernels == .winogradInParts { (configuration.winograd, configuration.cachedFloats) = (.inParts, 1 << 16) }
    return try OpenCLBackend(configuration: configuration)
  }

  static let reference = ReferenceBackend()

  static func values(_ count: Int, seed: UInt32) -> [Float] {
    let philox = Philox(key: SIMD2(seed, 7))
    return (0..<count).map { 2 * Philox.uniform(philox.block(UInt64($0)).x) - 1 }
  }

  /// The largest difference relative to the largest value.
  static func difference(_ result: [Float], _ expected: [Float]) -> Float {
    guard result.count == expected.count else { return .infinity }
    let scale = expected.reduce(1e-30) { max($0, abs($1)) }
    var worst: Float = 0
    for (a, b) in zip(result, expected) {
      guard a.isFinite else { return .infinity }
      worst = max(worst, abs(a - b) / scale)
    }
    return worst
  }

  static func compare(
    _ device: OpenCLBackend, operands: [[Float]], tolerance: Float = 1e-5,
    _ comment: @autoclosure () -> String, _ operation: (any Backend, [any Storage]) -> any Storage
  ) throws {
    func run(_ backend: any Backend) throws -> [Float] {
      let storages = operands.map { values in values.withUnsafeBufferPointer { backend.upload($0) } }
      let result = operation(backend, storages)
      var values = [Float](repeating: .nan, count: result.count)
      try values.withUnsafeMutableBufferPointer { try backend.download([result], into: $0) }
      return values
    }
    let error = difference(try run(device), try run(reference))
    #expect(error <= tolerance, "\(comment()): off by \(error)")
  }

  // MARK: Matrix products

  static let products: [MatrixProduct] = [
    MatrixProduct(m: 1, n: 1, k: 1), MatrixProduct(m: 17, n: 32, k: 129), MatrixProduct(m: 70, n: 33, k: 300),
    MatrixProduct(m: 5, n: 10, k: 40), MatrixProduct(m: 16, n: 32, k: 5000), MatrixProduct(m: 130, n: 2, k: 37),
    MatrixProduct(m: 3, n: 1, k: 64), MatrixProduct(m: 2, n: 500, k: 16), MatrixProduct(m: 16, n: 500, k: 2),
    MatrixProduct(m: 9, n: 4, k: 4100), MatrixProduct(m: 65, n: 160, k: 64), MatrixProduct(m: 4, n: 5, k: 0),
    MatrixProduct(m: 300, n: 70, k: 0),
    // Few rows and a large matrix; a result too large for caches.
    MatrixProduct(m: 31, n: 1000, k: 517), MatrixProduct(m: 64, n: 33, k: 32), MatrixProduct(m: 2, n: 300, k: 2000),
    MatrixProduct(m: 13, n: 32, k: 1500), MatrixProduct(m: 450, n: 16384, k: 3),
    // Whole tiles: transposed ones have 324 rows and 109 values of k, or 132 and 256.
    MatrixProduct(m: 324, n: 40, k: 327), MatrixProduct(m: 132, n: 300, k: 512), MatrixProduct(m: 64, n: 70, k: 800),
    MatrixProduct(m: 256, n: 40, k: 300), MatrixProduct(m: 128, n: 300, k: 520),
    // A right operand that is read where it is, past the ends of its rows: near ones, far ones, of several matrices.
    MatrixProduct(m: 70, n: 48, k: 130), MatrixProduct(m: 30, n: 144, k: 300), MatrixProduct(batch: 2, m: 20, n: 176, k: 40),
    MatrixProduct(batch: 3, m: 33, n: 20, k: 50), MatrixProduct(batch: 3, m: 10, n: 3, k: 21),
    MatrixProduct(batch: 4, m: 12, n: 40, k: 9, sharesRight: true),
  ]

  @Test(arguments: Kernels.ofMatrices) func matrixProducts(_ family: Kernels) throws {
    let device = try Self.device(family)
    for (number, shape) in Self.products.enumerated() {
      // On a card nearly every product is a program of its own: of each shape two of the four are compiled.
      for variant in 0..<4 where family == .processor || (number + variant).isMultiple(of: 2) {
        var product = shape
        product.transposesLeft = variant & 1 != 0
        product.transposesRight = variant & 2 != 0
        let operands = [
          Self.values(product.batch * product.m * product.k, seed: 1),
          Self.values((product.sharesRight ? 1 : product.batch) * product.k * product.n, seed: 2),
          Self.values(product.n, seed: 3),
        ]
        try Self.compare(device, operands: operands, "\(product)") { backend, storages in
          backend.matrixProduct(product, storages[0], storages[1], bias: storages[2], activation: .relu)
        }
        try Self.compare(device, operands: operands, "\(product) without bias") { backend, storages in
          backend.matrixProduct(product, storages[0], storages[1], bias: nil, activation: .relu)
        }
      }
    }
  }

  static let activations: [Activation] = [
    .identity, .relu, .leakyReLU(slope: 0.2), .sigmoid, .tanh, .elu(alpha: 0.7),
  ]

  @Test(arguments: Kernels.ofMatrices) func activations(_ family: Kernels) throws {
    let device = try Self.device(family)
    // Wide, narrow, and in splits; on graphics cards all three end in the same lines.
    let shapes = [
      MatrixProduct(m: 9, n: 21, k: 5), MatrixProduct(m: 9, n: 3, k: 5), MatrixProduct(m: 8, n: 12, k: 6000),
    ]
    for product in family == .processor ? shapes : Array(shapes[..<1]) {
      let operands = [
        Self.values(product.m * product.k, seed: 1), Self.values(product.k * product.n, seed: 2),
        Self.values(product.n, seed: 3),
      ]
      for activation in Self.activations {
        try Self.compare(device, operands: operands, "\(product) \(activation)") { backend, storages in
          backend.matrixProduct(product, storages[0], storages[1], bias: storages[2], activation: activation)
        }
      }
    }
  }

  // MARK: Convolutions

  static func convolution(
    _ batch: Int, _ size: [Int], _ kernel: [Int], channels: (Int, Int), stride: [Int]? = nil, low: [Int]? = nil,
    high: [Int]? = nil, dilation: [Int]? = nil
  ) -> Convolution {
    let zeros = size.map { _ in 0 }
    return Convolution(
      batch: batch,
      windows: Windows(
        inputSize: size, kernelSize: kernel, stride: stride, paddingLow: low ?? zeros,
        paddingHigh: high ?? low ?? zeros, dilation: dilation),
      inputChannels: channels.0, outputChannels: channels.1)
  }

  static let convolutions: [Convolution] = [
    // Images of one pixel, beside which positions see nothing.
    convolution(3, [1, 1], [1, 1], channels: (32, 40), low: [0, 0], high: [1, 2]),
    // The layers of the autoencoders.
    convolution(2, [28, 28], [3, 3], channels: (1, 32), low: [1, 1]),
    convolution(2, [28, 28], [3, 3], channels: (32, 64), stride: [2, 2], low: [0, 0], high: [1, 1]),
    convolution(3, [14, 14], [3, 3], channels: (64, 64), low: [1, 1]),
    convolution(2, [28, 28], [3, 3], channels: (32, 1), low: [1, 1]),
    // Odd sizes, strides, dilations and paddings.
    convolution(1, [7], [3], channels: (5, 6), low: [1]),
    convolution(2, [9, 11], [3, 2], channels: (3, 7), stride: [2, 3], low: [2, 1], high: [0, 1]),
    convolution(2, [13, 10], [3, 3], channels: (4, 33), low: [2, 3], dilation: [2, 3]),
    convolution(2, [12, 15], [4, 3], channels: (17, 9), stride: [2, 4], low: [1, 2], dilation: [3, 2]),
    convolution(1, [11, 11], [2, 2], channels: (8, 5), stride: [3, 3]),
    convolution(2, [6, 5], [5, 5], channels: (3, 20), low: [4, 4], high: [2, 3]),
    convolution(3, [5, 4], [1, 1], channels: (12, 18)),
    convolution(2, [5, 4], [1, 1], channels: (6, 34), stride: [2, 2]),
    convolution(1, [9, 9], [9, 9], channels: (3, 64), low: [4, 4]),
    convolution(1, [9, 9], [9, 9], channels: (40, 3), low: [4, 4]),
    convolution(1, [3, 3], [3, 3], channels: (2, 3), low: [3, 3]),
    // Rows of the input that no window reaches.
    convolution(2, [10, 10], [3, 3], channels: (6, 12), stride: [4, 4]),
    // A long sum over positions.
    convolution(5, [40, 40], [3, 3], channels: (3, 5), low: [1, 1]),
    convolution(2, [6, 6, 6], [4, 4, 4], channels: (1, 12), stride: [2, 2, 2], low: [1, 1, 1]),
    convolution(2, [4, 5, 6], [4, 4, 4], channels: (10, 33), stride: [2, 2, 2], low: [1, 1, 1]),
    convolution(2, [4, 4, 4], [4, 4, 4], channels: (20, 1)),
    // Phases of one pixel and one tap, which is not the filter's first; an image smaller than the stride.
    convolution(3, [3, 2], [3, 2], channels: (6, 5), stride: [2, 2]),
    convolution(2, [2, 3], [2, 4], channels: (8, 12), stride: [3, 4], low: [0, 1]),
    // One window on all of the image; few rows of patches and of phases.
    convolution(2, [3, 4, 4], [3, 4, 4], channels: (33, 50)),
    convolution(1, [4, 4, 4], [4, 4, 4], channels: (32, 48), stride: [2, 2, 2], low: [1, 1, 1]),
    convolution(1, [5, 6, 7], [2, 3, 2], channels: (4, 6), stride: [1, 2, 3], low: [1, 0, 1], dilation: [2, 1, 3]),
    // A few channels at one end and many at the other.
    convolution(2, [12, 10], [6, 6], channels: (3, 32), stride: [2, 2], low: [2, 2]),
    convolution(2, [6, 6, 6], [4, 4, 4], channels: (1, 32), stride: [2, 2, 2], low: [1, 1, 1]),
    convolution(1, [13, 11], [5, 3], channels: (2, 20), stride: [3, 2], low: [2, 1], high: [1, 0], dilation: [2, 3]),
    convolution(2, [13, 12], [3, 5], channels: (24, 4), low: [2, 4], dilation: [2, 2]),
    convolution(3, [40], [7], channels: (17, 3), low: [3]),
    // Lines of the image instead of patches: rows of 13, 17 and 29 positions, blocks of several lines and of parts of a
    // run, planes, a dilation across lines, windows beyond each edge, channels that fill no panel.
    convolution(3, [11, 29], [3, 3], channels: (1, 48), low: [1, 1], high: [2, 1]),
    convolution(2, [9, 35], [5, 7], channels: (3, 32), stride: [2, 2], low: [4, 5], high: [3, 4]),
    convolution(1, [9, 16], [2, 4], channels: (4, 37), low: [3, 2], dilation: [3, 1]),
    convolution(2, [5, 7, 33], [4, 4, 4], channels: (1, 64), stride: [2, 2, 2], low: [1, 1, 1], high: [1, 1, 1]),
    convolution(2, [10, 19], [3, 3], channels: (16, 2), stride: [1, 2], low: [1, 0], high: [1, 2]),
    // Tiles of Winograd's filtering: whole, hanging over each edge, in phases of a stride, of images in a row.
    convolution(2, [13, 9], [3, 3], channels: (32, 96), low: [1, 1]),
    convolution(2, [15, 15], [3, 3], channels: (48, 64)),
    convolution(2, [9, 11], [2, 2], channels: (32, 64), low: [1, 1]),
    convolution(2, [16, 16], [6, 6], channels: (32, 64), stride: [2, 2], low: [2, 2]),
    convolution(1, [12, 19], [4, 4], channels: (64, 32), stride: [2, 2], low: [1, 1]),
    convolution(2, [6, 10, 14], [4, 4, 4], channels: (16, 32), stride: [2, 2, 2], low: [1, 1, 1]),
    convolution(1, [5, 6, 7], [3, 3, 3], channels: (16, 32), low: [1, 1, 1], dilation: [2, 1, 1]),
    // Images without depth under filters with some, of whose planes the middle one is seen.
    convolution(2, [1, 8, 7], [3, 3, 3], channels: (5, 6), stride: [2, 1, 1], low: [1, 1, 1]),
    convolution(2, [1, 8, 7], [3, 3, 3], channels: (16, 32), stride: [2, 2, 2], low: [1, 1, 1]),
    // Over three axes: tiles of 2, 3 and 4 results an axis, of a stride and of none, more than are taken at a time, channels
    // that fill no panel, slice or part.
    convolution(8, [9, 16, 17], [4, 4, 4], channels: (16, 32), stride: [2, 2, 2], low: [1, 1, 1]),
    convolution(8, [6, 12, 18], [4, 4, 4], channels: (16, 32), stride: [2, 2, 2], low: [1, 1, 1]),
    convolution(6, [9, 9, 9], [2, 2, 2], channels: (16, 32), low: [1, 1, 1]),
    convolution(2, [7, 9, 8], [2, 2, 2], channels: (48, 80), low: [1, 1, 0]),
    // More channels than a block holds.
    convolution(1, [20, 20], [3, 3], channels: (304, 40), low: [1, 1]),
    convolution(1, [14, 14], [3, 3], channels: (80, 64), low: [1, 1]),
    // So many tiles that a filter gradient's sum over them is cut, or that not all are taken at a time.
    convolution(6, [23, 21], [6, 6], channels: (16, 32), stride: [2, 2], low: [2, 1]),
    convolution(3, [27, 29], [3, 3], channels: (16, 32), low: [1, 1]),
    convolution(6, [14, 14], [3, 3], channels: (48, 64), low: [1, 1]),
  ]

  @Test(arguments: Kernels.tested) func convolutions(_ family: Kernels) throws {
    let device = try Self.device(family)
    var byWinograd = 0
    for shape in Self.convolutions {
      // On a card nearly every product is a program of its own: those that are none of Winograd's are compiled once.
      let size = shape.windows.kernelSize
      if family == .graphicsCardByWinograd, ![[2, 2], [3, 3], [4, 4], [6, 6], [3, 3, 3]].contains(size) { continue }
      func count() { byWinograd += device.runtime.choices.withLock { $0.last } == .winograd ? 1 : 0 }
      let input = Self.values(shape.inputCount, seed: 1), filter = Self.values(shape.filterCount, seed: 2)
      let gradient = Self.values(shape.outputCount, seed: 4)
      let name = "\(shape.windows) \(shape.inputChannels) → \(shape.outputChannels)"
      // The larger of two results may be small beside the terms of their sums.
      try Self.compare(
        device, operands: [input, filter, Self.values(shape.outputChannels, seed: 3)],
        tolerance: shape.outputCount > 2 ? 1e-5 : 2e-5, "forward \(name)"
      ) { backend, storages in
        backend.convolution(
          shape, input: storages[0], filter: storages[1], bias: storages[2], activation: .leakyReLU(slope: 0.3))
      }
      count()
      try Self.compare(
        device, operands: [gradient, filter, Self.values(shape.inputChannels, seed: 3)], "input gradient \(name)"
      ) { backend, storages in
        backend.convolutionInputGradient(
          shape, outputGradient: storages[0], filter: storages[1], bias: storages[2], activation: .leakyReLU(slope: 0.3))
      }
      count()
      try Self.compare(device, operands: [input, gradient], tolerance: 1e-5, "filter gradient \(name)") {
        backend, storages in
        backend.convolutionFilterGradient(shape, input: storages[0], outputGradient: storages[1])
      }
      count()
    }
    if family == .graphicsCardByWinograd, device.device.hasRoomForWinograd { #expect(byWinograd >= 40) }
  }

  @Test(arguments: Kernels.tested, [(8, 40), (32, 64)])
  func sameBitsTwice(_ family: Kernels, channels: (Int, Int)) throws {
    let shape = Self.convolution(4, [20, 20], [3, 3], channels: channels, low: [1, 1])
    var results: [[Float]] = []
    for _ in 0..<2 {
      let device = try Self.device(family)
      let storages = [Self.values(shape.inputCount, seed: 1), Self.values(shape.outputCount, seed: 2)].map { values in
        values.withUnsafeBufferPointer { device.upload($0) }
      }
      let result = device.convolutionFilterGradient(shape, input: storages[0], outputGradient: storages[1])
      var values = [Float](repeating: 0, count: result.count)
      try values.withUnsafeMutableBufferPointer { try device.download([result], into: $0) }
      results.append(values)
    }
    #expect(results[0] == results[1])
  }
}
