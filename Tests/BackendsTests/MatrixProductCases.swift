import Backends
import TestSupport

private func matrixCase(
  _ product: MatrixProduct, bias: Bool = false, activation: Activation = .identity
) -> BackendCase {
  let p = product
  let name =
    "\(p.batch) × [\(p.m), \(p.k)]\(p.transposesLeft ? "ᵀ" : "")·[\(p.k), \(p.n)]\(p.transposesRight ? "ᵀ" : "")"
    + (p.sharesRight ? " shared" : "") + (bias ? " + bias" : "") + (activation == .identity ? "" : " \(activation)")
  return BackendCase(name, .scale(1e-5, floor: Double(p.k).squareRoot() / 3)) { run in
    let left = run.uniform(p.batch * p.m * p.k), right = run.uniform((p.sharesRight ? 1 : p.batch) * p.k * p.n)
    return [run.backend.matrixProduct(p, left, right, bias: bias ? run.uniform(p.n) : nil, activation: activation)]
  }
}

private let sizes: [(m: Int, n: Int, k: Int)] = [
  (1, 1, 1), (1, 17, 33), (17, 1, 33), (33, 17, 1), (1, 1, 257), (2, 3, 5), (7, 8, 9), (16, 16, 16), (31, 37, 41),
  (64, 64, 64), (65, 33, 127), (128, 10, 100), (16, 2, 67), (13, 257, 31), (257, 129, 257), (3, 1024, 5),
  (16, 31, 3136),
]

let matrixProductCases: [BackendCase] =
  sizes.flatMap { m, n, k in
    [(false, false), (true, false), (false, true), (true, true)].map { left, right in
      matrixCase(.init(m: m, n: n, k: k, transposesLeft: left, transposesRight: right), bias: (m + n + k) % 2 == 0)
    }
  }
  + [(false, false), (true, false), (false, true), (true, true)].flatMap { left, right in
    [
      matrixCase(.init(batch: 3, m: 5, n: 7, k: 11, transposesLeft: left, transposesRight: right)),
      matrixCase(.init(batch: 5, m: 17, n: 31, k: 8, transposesLeft: left, transposesRight: right, sharesRight: true)),
      matrixCase(
        .init(batch: 2, m: 33, n: 65, k: 29, transposesLeft: left, transposesRight: right), bias: true,
        activation: .tanh),
    ]
  }
  + activations.flatMap { activation in
    [true, false].map { matrixCase(.init(m: 19, n: 35, k: 23), bias: $0, activation: activation) }
  }
