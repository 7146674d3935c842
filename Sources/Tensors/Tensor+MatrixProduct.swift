import Backends

extension Tensor {
  /// The matrix product of the last two axes: `[…, m, k] × […, k, n] → […, m, n]`; leading axes broadcast.
  ///
  /// - Parameters:
  ///   - transposesLeft: Whether `left` is given as `[…, k, m]`.
  ///   - transposesRight: Whether `right` is given as `[…, n, k]`.
  public static func matmul(
    _ left: Tensor, _ right: Tensor, transposesLeft: Bool = false, transposesRight: Bool = false
  ) -> Tensor {
    requireOneDevice(left, right, for: "matmul")
    require(left.rank >= 2 && right.rank >= 2, "matmul: shapes \(left.shape) and \(right.shape) need two axes")
    let m = left.shape[transposesLeft ? -1 : -2], k = left.shape[transposesLeft ? -2 : -1]
    let n = right.shape[transposesRight ? -2 : -1]
    require(
      k == right.shape[transposesRight ? -1 : -2],
      "matmul: the inner axes of \(left.shape)\(transposesLeft ? "ᵀ" : "") and \(right.shape)\(transposesRight ? "ᵀ" : "") differ"
    )

    if left.rank > 2, right.rank == 2, !transposesLeft {
      // One matrix for all rows: a single larger product.
      let rows = left.reshaped(to: [-1, k])
      return matmul(rows, right, transposesRight: transposesRight)
        .reshaped(to: Shape(left.shape.dimensions.dropLast() + [n]))
    }
    let leftBatch = Shape(Array(left.shape.dimensions.dropLast(2)))
    let rightBatch = Shape(Array(right.shape.dimensions.dropLast(2)))
    guard let batch = leftBatch.broadcast(with: rightBatch) else {
      misuse("matmul: the leading axes of \(left.shape) and \(right.shape) do not broadcast")
    }
    let left = left.broadcast(to: Shape(batch.dimensions + left.shape.dimensions.suffix(2)))
    let right = right.broadcast(to: Shape(batch.dimensions + right.shape.dimensions.suffix(2)))
    let product = MatrixProduct(
      batch: batch.count, m: m, n: n, k: k, transposesLeft: transposesLeft, transposesRight: transposesRight)
    let storage = left.device.backend.matrixProduct(
      product, left.storage, right.storage, bias: nil, activation: .identity)
    return Tensor(storage, shape: Shape(batch.dimensions + [m, n]), inputs: [left, right]) { gradient, _, needs in
      // C = AB: dA = dC·Bᵀ and dB = Aᵀ·dC; a transposed operand gets the transposed gradient.
      let byLeft: () -> Tensor = {
        transposesLeft
          ? matmul(right, gradient, transposesLeft: transposesRight, transposesRight: true)
          : matmul(gradient, right, transposesRight: !transposesRight)
      }
      let byRight: () -> Tensor = {
        transposesRight
          ? matmul(gradient, left, transposesLeft: true, transposesRight: transposesLeft)
          : matmul(left, gradient, transposesLeft: !transposesLeft)
      }
      return [needs[0] ? byLeft() : nil, needs[1] ? byRight() : nil]
    }
  }

  /// A dense layer in one operation: `activation(self · weight + bias)`, `[N, k] × [k, n] + [n]`.
  public func dense(weight: Tensor, bias: Tensor? = nil, activation: Activation = .identity) -> Tensor {
    require(
      rank == 2 && weight.rank == 2 && shape[1] == weight.shape[0],
      "dense: an input of shape \(shape) does not fit a weight of shape \(weight.shape)")
    require(
      bias == nil || bias!.shape == [weight.shape[1]],
      "dense: a bias of shape \(bias?.shape ?? []) does not fit a weight of shape \(weight.shape)")
    Tensor.requireOneDevice(self, [weight, bias], for: "dense")
    let product = MatrixProduct(m: shape[0], n: weight.shape[1], k: shape[1])
    let storage = device.backend.matrixProduct(
      product, self.storage, weight.storage, bias: bias?.storage, activation: activation)
    return Tensor(
      storage, shape: [shape[0], weight.shape[1]], inputs: [self, weight] + (bias.map { [$0] } ?? []),
      savesOutput: activation != .identity
    ) { gradient, output, needs in
      let (gradient, bias) = gradient.gradientsBehind(activation, output: output, needsBias: needs.count > 2 && needs[2])
      return [
        needs[0] ? Tensor.matmul(gradient, weight, transposesRight: true) : nil,
        needs[1] ? Tensor.matmul(self, gradient, transposesLeft: true) : nil,
      ] + (needs.count < 3 ? [] : [bias])
    }
  }
}
