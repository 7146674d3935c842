import Backends
import Layers
import ReferenceBackend
import Tensors
import TestSupport
import Testing

/// Initializers have the ranges and deviations of Keras', and the same values on every device.
@Suite struct InitializerTests {
  private static let shape: Shape = [3, 3, 40, 60]
  private static let fanIn: Float = 360, fanOut: Float = 540

  private func draw(_ initializer: Initializer, seed: UInt64 = 5, on device: TestDevice) throws -> [Float] {
    let context = LayerContext(device: try device.device(), generator: RandomGenerator(seed: seed))
    return try initializer.tensor(Self.shape, in: context).scalars()
  }

  private func moments(_ values: [Float]) -> (mean: Double, deviation: Double) {
    let mean = values.reduce(0.0) { $0 + Double($1) } / Double(values.count)
    let variance = values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(values.count)
    return (mean, variance.squareRoot())
  }

  @Test(arguments: TestDevices.withReference)
  func uniform(device: TestDevice) throws {
    let limits: [(Initializer, Float)] = [
      (.glorotUniform, (6 / (Self.fanIn + Self.fanOut)).squareRoot()), (.heUniform, (6 / Self.fanIn).squareRoot()),
      (.lecunUniform, (3 / Self.fanIn).squareRoot()), (.uniform(low: -0.05, high: 0.05), 0.05),
    ]
    for (initializer, limit) in limits {
      let values = try draw(initializer, on: device)
      #expect(values.allSatisfy { abs($0) <= limit }, "\(initializer)")
      #expect(values.max()! > 0.999 * limit && values.min()! < -0.999 * limit, "\(initializer)")
      let (mean, deviation) = moments(values)
      #expect(abs(mean) < 0.01 * Double(limit), "\(initializer)")
      #expect(abs(deviation / (Double(limit) / 3.0.squareRoot()) - 1) < 0.02, "\(initializer)")
    }
  }

  @Test(arguments: TestDevices.withReference)
  func truncatedNormal(device: TestDevice) throws {
    let deviations: [(Initializer, Float)] = [
      (.glorotNormal, (2 / (Self.fanIn + Self.fanOut)).squareRoot()), (.heNormal, (2 / Self.fanIn).squareRoot()),
      (.lecunNormal, (1 / Self.fanIn).squareRoot()),
    ]
    for (initializer, expected) in deviations {
      let values = try draw(initializer, on: device)
      let (mean, deviation) = moments(values)
      #expect(abs(mean) < 0.02 * Double(expected), "\(initializer)")
      #expect(abs(deviation / Double(expected) - 1) < 0.02, "\(initializer)")
      // Two deviations of the normal that was cut, whose deviation is larger by 1 / 0.8796.
      #expect(values.allSatisfy { abs($0) <= 2.001 * expected / 0.87962566 }, "\(initializer)")
    }
    let values = try draw(.truncatedNormal(mean: 1, deviation: 0.5), on: device)
    #expect(values.allSatisfy { $0 >= 0 && $0 <= 2 })
  }

  @Test(arguments: TestDevices.withReference)
  func constantsAndNormal(device: TestDevice) throws {
    #expect(try draw(.zeros, on: device).allSatisfy { $0 == 0 })
    #expect(try draw(.ones, on: device).allSatisfy { $0 == 1 })
    #expect(try draw(.constant(-2.5), on: device).allSatisfy { $0 == -2.5 })
    let (mean, deviation) = moments(try draw(.normal(mean: 1, deviation: 0.02), on: device))
    #expect(abs(mean - 1) < 5e-4)
    #expect(abs(deviation - 0.02) < 4e-4)
  }

  @Test(arguments: TestDevices.withReference)
  func seedsDecide(device: TestDevice) throws {
    let first = try draw(.glorotUniform, seed: 5, on: device)
    #expect(try draw(.glorotUniform, seed: 5, on: device) == first)
    #expect(try draw(.glorotUniform, seed: 6, on: device) != first)
    let context = LayerContext(device: Device(ReferenceBackend()), generator: RandomGenerator(seed: 5))
    expectClose(
      first, try Initializer.glorotUniform.tensor(Self.shape, in: context).scalars(), tolerance: 1e-6,
      "the reference's draw")
    #expect(
      try Initializer.glorotUniform.tensor(Self.shape, in: context).scalars() != first,
      "the next draw of the same generator is another")
  }

  /// Abramowitz and Stegun, table 26.5, and the far tail.
  @Test func quantiles() {
    let known: [(Double, Double)] = [
      (0.5, 0), (0.975, 1.959963984540054), (0.95, 1.6448536269514722), (0.05, -1.6448536269514722),
      (0.01, -2.3263478740408408), (1e-10, -6.361340902404056), (0.7, 0.5244005127080407),
    ]
    for (probability, quantile) in known {
      #expect(abs(normalQuantile(probability) - quantile) < 1e-12, "\(probability)")
    }
  }
}
