import Backends
import TestSupport

/// One element, partial vectors, full ones, and more than any device has work-items.
private let sizes = [1, 3, 16, 17, 1000, 65537]

let activations: [Activation] = [
  .identity, .relu, .leakyReLU(slope: 0.2), .sigmoid, .tanh, .elu(alpha: 1.3),
]

private let special: [Float] = [
  .nan, .infinity, -.infinity, 0, -0.0, 1, -1, 0.5, -0.5, 2, -2, 3, 20, -20, 87, -87, 88.5, -88.5, 104, -104,
  1e4, -1e4, 1e30, -1e30, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1e-30, -1e-30,
]

private let unaryOperations: [(operation: UnaryOperation, range: ClosedRange<Float>, tolerance: Tolerance)] =
  activations.map { (.activation($0), -6...6, .elements(1e-5, floor: 1e-2)) } + [
    (.affine(scale: -2.5, offset: 0.75), -3...3, .elements(1e-5, floor: 0.1)),
    (.exponential, -20...20, .elements(1e-5, floor: 1e-30)),
    (.logarithm, 1e-6...50, .elements(1e-5, floor: 0.1)),
    (.logarithmOnePlus, -0.9...50, .elements(1e-5, floor: 1e-2)),
    (.exponentialMinusOne(scale: -0.5), -1e-3...1e-3, .elements(1e-5, floor: 1e-9)),
    (.exponentialMinusOne(scale: 3), -9...9, .elements(1e-5, floor: 1e-3)),
    (.squareRoot, 0...50, .elements(1e-6, floor: 1e-30)),
    (.reciprocalSquareRoot, 1e-3...50, .elements(1e-6, floor: 1e-30)),
    (.square, -9...9, .elements(1e-6, floor: 1e-30)),
    (.reciprocal, 1e-3...9, .elements(1e-6, floor: 1e-30)),
    (.absolute, -9...9, .exact),
    (.sign, -1...1, .exact),
    (.floor, -9...9, .exact),
    (.sine, -30...30, .elements(1e-5, floor: 0.1)),
    (.cosine, -30...30, .elements(1e-5, floor: 0.1)),
    (.softplus, -30...30, .elements(1e-5, floor: 1e-2)),
    (.clamp(low: -0.5, high: 0.25), -1...1, .exact),
    (.power(exponent: 2.5), 0...9, .elements(1e-5, floor: 1e-6)),
    (.power(exponent: -3), 0.1...9, .elements(1e-5, floor: 1e-6)),
    (.power(exponent: 2), -9...9, .elements(1e-5, floor: 1e-6)),
    (.power(exponent: 3), -9...9, .elements(1e-5, floor: 1e-6)),
    (.power(exponent: 0.5), 0...9, .elements(1e-5, floor: 1e-6)),
  ]

let unaryCases: [BackendCase] =
  unaryOperations.map { operation, range, tolerance in
    BackendCase("\(operation) of \(range)", tolerance) { run in
      sizes.map { run.backend.unary(operation, run.uniform($0, range)) }
    }
  }
  + unaryOperations.map { operation, _, tolerance in
    BackendCase("\(operation) of special values", tolerance) { run in
      // Angles beyond what any model computes are left out: their sine is noise.
      let values =
        operation == .sine || operation == .cosine ? special.filter { !(abs($0) > 1e4) || !$0.isFinite } : special
      return [run.backend.unary(operation, run.values(values))]
    }
  }

private let binaryOperations: [(operation: BinaryOperation, tolerance: Tolerance)] =
  [
    (.add, .exact), (.subtract, .exact), (.multiply, .exact), (.divide, .elements(1e-6, floor: 1e-30)),
    (.maximum, .exact), (.minimum, .exact), (.power, .elements(1e-5, floor: 1e-30)), (.equal, .exact),
    (.greater, .exact), (.greaterOrEqual, .exact),
    (.sigmoidCrossEntropy, .elements(1e-5, floor: 0.1)), (.sigmoidMinus(scale: 0.25), .elements(1e-5, floor: 0.1)),
    (.unitNormalDivergence(scale: 0.5), .elements(1e-5, floor: 1e-3)),
  ] + activations.map { (.activationGradient($0), .elements(1e-5, floor: 1e-2)) }

private func operands(_ operation: BinaryOperation, _ count: Int, _ run: CaseRun) -> (any Storage, any Storage) {
  switch operation {
  case .equal, .greater, .greaterOrEqual, .maximum, .minimum:
    (run.integers(count, -3..<4), run.integers(count, -3..<4))
  case .power: (run.uniform(count, 0.01...5), run.uniform(count, -4...4))
  case .divide: (run.uniform(count), run.uniform(count, 0.01...5))
  case .unitNormalDivergence: (run.uniform(count, -3...3), run.uniform(count, -4...4))
  case .sigmoidCrossEntropy, .sigmoidMinus: (run.uniform(count, -9...9), run.uniform(count, 0...1))
  case .activationGradient(.sigmoid): (run.uniform(count, 0...1), run.uniform(count))
  // On both sides of the kink and on it.
  case .activationGradient(.relu): (run.integers(count, 0..<3), run.uniform(count))
  case .activationGradient(.leakyReLU): (run.integers(count, -2..<3), run.uniform(count))
  default: (run.uniform(count), run.uniform(count))
  }
}

let binaryCases: [BackendCase] =
  binaryOperations.map { operation, tolerance in
    BackendCase("\(operation)", tolerance) { run in
      sizes.map { count in
        let (left, right) = operands(operation, count, run)
        return run.backend.binary(operation, left, right, Broadcast([count], [count], to: [count]))
      }
    }
  }
  + binaryOperations.map { operation, tolerance in
    BackendCase("\(operation) of special values", tolerance) { run in
      let (lefts, rights) = specialOperands(operation)
      let pairs = lefts.flatMap { left in rights.map { (left, $0) } }
      let left = run.values(pairs.map(\.0)), right = run.values(pairs.map(\.1))
      return [run.backend.binary(operation, left, right, Broadcast([pairs.count], [pairs.count], to: [pairs.count]))]
    }
  }
  + [
    BackendCase("operands of one storage", .exact) { run in
      let x = run.uniform(1000)
      return [run.backend.binary(.multiply, x, x, Broadcast([1000], [1000], to: [1000]))]
    },
    BackendCase("select", .exact) { run in
      sizes.map { count in
        let special = run.values((0..<count).map { $0 % 3 == 0 ? .nan : Float($0) })
        return run.backend.select(run.integers(count, -1..<2), run.uniform(count), special)
      }
    },
    BackendCase("select by special conditions", .exact) { run in
      let condition = run.values([.nan, .infinity, 0, -0.0, 1e-30, -1])
      return [run.backend.select(condition, run.uniform(6), run.uniform(6))]
    },
  ]

/// What `operation` is defined for: gradients and targets are numbers.
private func specialOperands(_ operation: BinaryOperation) -> ([Float], [Float]) {
  let finite = special.filter { abs($0) <= 1e4 }
  return switch operation {
  case .sigmoidCrossEntropy, .sigmoidMinus: (finite + [.nan], [0, 1, 0.25])
  // The other one's square must not overflow beside it.
  case .unitNormalDivergence: (finite + [.nan], [0, 1e-4, -1e4, 80, .nan])
  case .activationGradient(.sigmoid): ([0, 1, 0.5, 1e-30], [0, 1, -1, 1e4])
  case .activationGradient(.relu): ([0, 1e-30, 1e4, .infinity], [0, 1, -1, 1e4])
  case .activationGradient(.elu): ([-1.3, 0, 1e-30, 1e4, .infinity], [0, 1, -1, 1e4])
  case .activationGradient(.tanh): ([-1, 0, 1, 0.5], [0, 1, -1, 1e4])
  case .activationGradient: (finite, [0, 1, -1, 1e4])
  default: (special, special)
  }
}

private let broadcasts: [(left: Shape, right: Shape)] = [
  ([], []), ([], [7]), ([7], []), ([1000], []), ([65537], [1]), ([5, 1], [1, 7]), ([3, 4, 5], [5]),
  ([3, 4, 5], [4, 1]), ([3, 1, 5], [1, 4, 1]), ([16, 28, 28, 3], [3]), ([3], [2, 5, 5, 3]),
  ([2, 1, 1, 33], [2, 7, 5, 33]), ([2, 7, 5, 33], [2, 1, 5, 1]), ([2, 3, 4, 5, 6], [3, 1, 5, 1]),
  ([2, 1, 4, 1, 6], [1, 3, 1, 5, 1]), ([1, 257], [129, 1]), ([129, 17], [129, 1]), ([1, 1, 1, 1, 1], [1]),
  ([2, 3, 1, 1, 64], [2, 1, 3, 3, 1]),
]

let broadcastCases: [BackendCase] =
  broadcasts.map { left, right in
    BackendCase("\(left) − \(right)", .exact) { run in
      let map = Broadcast(left, right, to: left.broadcast(with: right)!)
      return [run.backend.binary(.subtract, run.uniform(left.count), run.uniform(right.count), map)]
    }
  }
  + [BinaryOperation.divide, .sigmoidCrossEntropy, .activationGradient(.leakyReLU(slope: 0.2))].map { operation in
    BackendCase("\(operation) of [3, 4, 5] and [4, 1]", .elements(1e-5, floor: 1e-2)) { run in
      let map = Broadcast([3, 4, 5], [4, 1], to: [3, 4, 5])
      return [run.backend.binary(operation, run.uniform(60), run.uniform(4, 0.1...1), map)]
    }
  }
