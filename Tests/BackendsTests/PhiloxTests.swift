import Backends
import ReferenceBackend
import TestSupport
import Testing

@Suite struct PhiloxTests {
  /// `kat_vectors` of the authors' Random123, philox4x32-10.
  @Test(
    arguments: [
      (
        SIMD4<UInt32>(repeating: 0), SIMD2<UInt32>(repeating: 0),
        SIMD4<UInt32>(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8)
      ),
      (
        SIMD4(repeating: UInt32.max), SIMD2(repeating: UInt32.max),
        SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD)
      ),
      (
        SIMD4(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344), SIMD2(0xA409_3822, 0x299F_31D0),
        SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1)
      ),
    ] as [(SIMD4<UInt32>, SIMD2<UInt32>, SIMD4<UInt32>)])
  func knownAnswers(_ counter: SIMD4<UInt32>, _ key: SIMD2<UInt32>, _ answer: SIMD4<UInt32>) {
    #expect(Philox(key: key).block(counter) == answer)
  }

  @Test func aCounterFillsTheLowerTwoWords() {
    let generator = Philox(key: SIMD2(1, 2))
    #expect(generator.block(0x0000_0003_0000_0004) == generator.block(SIMD4<UInt32>(4, 3, 0, 0)))
  }

  @Test func uniformsCoverTheirHalfOpenInterval() {
    #expect(Philox.uniform(0) == 0)
    #expect(Philox.uniform(.max) == 1 - 0x1p-24)
    #expect(Philox.positiveUniform(0) == 0x1p-24)
    #expect(Philox.positiveUniform(.max) == 1)
  }

  @Test(arguments: TestDevices.all)
  func uniformStatistics(_ device: TestDevice) throws {
    let draws = try draw(.uniform(low: -1, high: 3), on: device)
    #expect(draws.allSatisfy { $0 >= -1 && $0 < 3 })
    // Four standard errors of the mean, deviation 4/√12, and of the variance.
    let (mean, variance) = moments(draws)
    #expect(abs(mean - 1) < 4 * 1.1547 / Double(draws.count).squareRoot())
    #expect(abs(variance - 4.0 / 3) < 4 * 1.1926 / Double(draws.count).squareRoot())
    // χ² of 64 bins: 63 degrees of freedom, beyond 120 once in 40,000.
    var bins = [Int](repeating: 0, count: 64)
    for draw in draws { bins[Int((draw + 1) * 16)] += 1 }
    let expected = Double(draws.count) / 64
    #expect(bins.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected } < 120)
  }

  @Test(arguments: TestDevices.all)
  func normalStatistics(_ device: TestDevice) throws {
    let draws = try draw(.normal(mean: 2, deviation: 3), on: device).map { ($0 - 2) / 3 }
    let (mean, variance) = moments(draws), count = Double(draws.count)
    #expect(abs(mean) < 4 / count.squareRoot())
    #expect(abs(variance - 1) < 4 * (2 / count).squareRoot())
    let powers = draws.reduce(into: SIMD2<Double>()) { sums, draw in
      let x = Double(draw)
      sums += SIMD2(x * x * x, x * x * x * x)
    }
    #expect(abs(powers[0] / count) < 4 * (15 / count).squareRoot(), "skewness")
    #expect(abs(powers[1] / count - 3) < 4 * (96 / count).squareRoot(), "kurtosis")
    // Box–Muller's pairs share a radius and must be uncorrelated all the same.
    let products = stride(from: 0, to: draws.count, by: 2).reduce(0.0) { $0 + Double(draws[$1] * draws[$1 + 1]) }
    #expect(abs(products / (count / 2)) < 4 / (count / 2).squareRoot())
  }

  /// A draw of many blocks is the same as its parts: a stream can be stopped and taken up at any block.
  @Test(arguments: TestDevices.all)
  func drawsContinue(_ device: TestDevice) throws {
    let backend = try device.backend(), generator = Philox(key: SIMD2(7, 9))
    for distribution in [Distribution.uniform(low: 0, high: 1), .normal(mean: 0, deviation: 1)] {
      let whole = try backend.values(of: backend.random(distribution, count: 1000, generator: generator, counter: 5))
      let head = try backend.values(of: backend.random(distribution, count: 400, generator: generator, counter: 5))
      let tail = try backend.values(of: backend.random(distribution, count: 600, generator: generator, counter: 105))
      #expect(whole == head + tail)
    }
  }

  private func draw(_ distribution: Distribution, on device: TestDevice) throws -> [Float] {
    let backend = try device.backend()
    let storage = backend.random(distribution, count: 1 << 18, generator: Philox(key: SIMD2(42, 0)), counter: 0)
    return try backend.values(of: storage)
  }

  private func moments(_ draws: [Float]) -> (mean: Double, variance: Double) {
    let mean = draws.reduce(0.0) { $0 + Double($1) } / Double(draws.count)
    return (mean, draws.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(draws.count))
  }
}
