import Backends
import Foundation
import Tensors
import TestSupport
import Testing

/// Every gradient, and every gradient of a gradient, against differences of values along random directions.
@Suite struct FiniteDifferenceTests {
  /// The step is wide, for float32; the five-point formula's error is of its fourth power.
  private static let step: Float = 0.02
  private static let tolerance = 2e-3

  @Test(arguments: TestDevices.withReference, DifferentiableCase.all)
  func gradient(device: TestDevice, operation: DifferentiableCase) throws {
    let problem = try Problem(operation, on: device.device())
    let weights = problem.random(operation.function(problem.variables()).shape)
    func value(_ inputs: [Tensor]) throws -> Double {
      try dot(operation.function(inputs).scalars(), weights.scalars())
    }
    let inputs = problem.variables()
    let found = gradients(of: operation.function(inputs), withRespectTo: inputs, seed: weights)
    try problem.check(found, against: value, "gradient")
  }

  @Test(arguments: TestDevices.withReference, DifferentiableCase.all)
  func gradientOfGradient(device: TestDevice, operation: DifferentiableCase) throws {
    let problem = try Problem(operation, on: device.device())
    let weights = problem.random(operation.function(problem.variables()).shape)
    let pushes = operation.inputs.map { problem.random($0.shape) }

    func slope(_ inputs: [Tensor], createsGraph: Bool) -> [Tensor] {
      gradients(of: operation.function(inputs), withRespectTo: inputs, seed: weights, createsGraph: createsGraph)
    }
    func value(_ inputs: [Tensor]) throws -> Double {
      try zip(slope(inputs, createsGraph: false), pushes).reduce(0) { try $0 + dot($1.0.scalars(), $1.1.scalars()) }
    }
    let inputs = problem.variables()
    let first = slope(inputs, createsGraph: true)
    for (graph, plain) in zip(first, slope(problem.variables(), createsGraph: false)) {
      expectClose(
        try graph.scalars(), try plain.scalars(), tolerance: 1e-4, "the gradient that can be differentiated again")
    }
    let total = zip(first, pushes).map { ($0 * $1).sum() }.reduce(Tensor(0, on: problem.device), +)
    try problem.check(gradients(of: total, withRespectTo: inputs), against: value, "gradient of gradient")
  }

  /// Inputs and a direction, drawn from a fixed seed.
  private struct Problem {
    let device: Device
    let generator: RandomGenerator
    var inputs: [Tensor] = []
    var directions: [Tensor] = []

    init(_ operation: DifferentiableCase, on device: Device) {
      self.device = device
      generator = RandomGenerator(seed: operation.name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
      for (shape, domain) in operation.inputs { inputs.append(draw(shape, domain)) }
      directions = operation.inputs.map { random($0.shape) }
    }

    func random(_ shape: Shape) -> Tensor { .randomUniform(shape, low: -1, high: 1, using: generator, on: device) }

    func variables() -> [Tensor] { inputs.map { $0.tracked() } }

    private func draw(_ shape: Shape, _ domain: DifferentiableCase.Domain) -> Tensor {
      let value = random(shape)
      switch domain {
      case .any: return value * 1.5
      case .awayFromZero: return value + 0.3 * (2 * (value > 0) - 1)
      case .positive: return value * 0.7 + 1.3
      case .distinct:
        // Steps of 0.2 in the order of the draws, with a start of its own for every input.
        let scalars = (try? value.scalars()) ?? []
        var ranked = [Float](repeating: 0, count: scalars.count)
        for (rank, index) in scalars.indices.sorted(by: { scalars[$0] < scalars[$1] }).enumerated() {
          ranked[index] = 0.2 * Float(rank - scalars.count / 2) + 0.1 * Float(inputs.count)
        }
        return Tensor(ranked, shape: shape, on: device)
      }
    }

    /// `Σ gradient · direction` against the five-point difference of `value` along the direction.
    func check(_ found: [Tensor], against value: ([Tensor]) throws -> Double, _ what: String) throws {
      var derivative = 0.0, squares = 0.0
      for (gradient, direction) in zip(found, directions) {
        for (g, d) in zip(try gradient.scalars(), try direction.scalars()) {
          derivative += Double(g) * Double(d)
          squares += Double(g) * Double(g) * Double(d) * Double(d)
        }
      }
      func at(_ steps: Float) throws -> Double {
        try value(zip(inputs, directions).map { ($0 + $1 * (steps * step)).tracked() })
      }
      let difference = try (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * Double(step))
      // Terms of both signs cancel in the sum, so the error is held against their size, not against the sum's.
      let scale = max(squares.squareRoot(), 0.05)
      #expect(
        abs(derivative - difference) <= tolerance * scale,
        "\(what) along a direction: \(derivative), by differences \(difference)")
    }
  }
}

private func dot(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
