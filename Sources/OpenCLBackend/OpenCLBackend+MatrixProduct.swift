import Backends

extension OpenCLBackend {
  public func matrixProduct(
    _ product: MatrixProduct, _ left: any Storage, _ right: any Storage, bias: (any Storage)?,
    activation: Activation
  ) -> any Storage {
    enqueue(.matrixProduct(product), left, right, bias: bias, activation: activation) { output in
      var general = GeneralProduct(
        batch: product.batch, m: product.m, n: product.n, k: product.k,
        left: PatchGeometry(matrixColumns: product.transposesLeft ? product.m : product.k),
        transposesLeft: product.transposesLeft, right: product.transposesRight ? .columns : .rows)
      if product.sharesRight && !product.transposesLeft {
        // One tall matrix.
        general.m *= general.batch
        general.batch = 1
      }
      if general.batch > 1 {
        general.leftBatchStride = product.m * product.k
        general.rightBatchStride = product.sharesRight ? 0 : product.k * product.n
      }
      // As gradients of weights are made.
      general.isAddedUpLater = product.transposesLeft
      try compute(general, left, right, bias: bias, activation: activation, into: output)
    }
  }
}
