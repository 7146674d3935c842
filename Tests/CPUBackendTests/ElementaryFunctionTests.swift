import Backends
import CPUBackend
import Foundation
import TestSupport
import Testing

/// The polynomial versions of the elementary functions, over the whole range of floats.
@Suite struct ElementaryFunctionTests {
  private static let backend = CPUBackend()

  /// Floats of every size and sign, dense where functions bend, and the special ones.
  private static let samples: [Float] =
    [0, -0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude, 1, -1]
    + stride(from: UInt32(0), to: 0x7F80_0000, by: 65_521).flatMap { bits in
      [Float(bitPattern: bits), -Float(bitPattern: bits)]
    }
    + stride(from: Float(-110), through: 110, by: 0.00373)
    + stride(from: Float(0.5), through: 2, by: 0.0000173)

  private static let functions: [(operation: UnaryOperation, definition: @Sendable (Double) -> Double, units: Double)] = [
    (.exponential, exp, 2), (.logarithm, log, 2), (.logarithmOnePlus, log1p, 3), (.exponentialMinusOne(scale: 1), expm1, 5),
    (.activation(.sigmoid), { 1 / (1 + exp(-$0)) }, 3), (.activation(.tanh), tanh, 4),
    (.softplus, { max($0, 0) + log1p(exp(-abs($0))) }, 4), (.activation(.elu(alpha: 1)), { $0 > 0 ? $0 : expm1($0) }, 3),
    (.squareRoot, sqrt, 1), (.reciprocalSquareRoot, { 1 / sqrt($0) }, 2), (.sine, sin, 1), (.cosine, cos, 1),
  ]

  @Test(arguments: functions.indices) func areAccurateToAFewUnitsInTheLastPlace(_ index: Int) throws {
    let (operation, definition, units) = Self.functions[index]
    let results = try Self.backend.values(of: Self.backend.unary(operation, Self.backend.upload(Self.samples)))
    var worst = (error: 0.0, at: Float(0), result: Float(0))
    for (x, y) in zip(Self.samples, results) {
      let exact = definition(Double(x)), rounded = Float(exact)
      if rounded.isNaN || !rounded.isFinite || !y.isFinite {
        // Within rounding of the largest float either side of overflow is right.
        let overflows = abs(exact) > 0x1.fffffcp127
        let same = rounded.isNaN ? y.isNaN : y == rounded || (overflows && abs(y) >= 0x1.fffff8p127)
        #expect(same, "\(operation) of \(x) gives \(y) instead of \(rounded)")
        continue
      }
      let error = abs(Double(y) - exact) / Double(max(rounded.magnitude, .leastNormalMagnitude).ulp)
      if error > worst.error { worst = (error, x, y) }
    }
    #expect(worst.error <= units, "\(operation) of \(worst.at) gives \(worst.result), \(worst.error) units off")
  }

  @Test func notANumberPassesEveryFusedActivation() throws {
    let convolution = Convolution(
      batch: 1, windows: Windows(inputSize: [4, 4], kernelSize: [1, 1], paddingLow: [0, 0], paddingHigh: [0, 0]),
      inputChannels: 16, outputChannels: 16)
    var x = [Float](repeating: 1, count: convolution.inputCount)
    x[16 * 5 + 3] = .nan
    for activation in [Activation.identity, .relu, .leakyReLU(slope: 0.3), .sigmoid, .tanh, .elu(alpha: 1)] {
      let y = Self.backend.convolution(
        convolution, input: Self.backend.upload(x), filter: Self.backend.fill(-1, count: 256), bias: nil,
        activation: activation)
      let values = try Self.backend.values(of: y)
      #expect(values.indices.filter { values[$0].isNaN } == Array(80..<96), "\(activation)")
      let product = Self.backend.matrixProduct(
        MatrixProduct(m: 16, n: 16, k: 16), Self.backend.upload(x), Self.backend.fill(-1, count: 256),
        bias: Self.backend.fill(1, count: 16), activation: activation)
      let products = try Self.backend.values(of: product)
      #expect(products.indices.filter { products[$0].isNaN } == Array(80..<96), "\(activation)")
    }
  }
}
