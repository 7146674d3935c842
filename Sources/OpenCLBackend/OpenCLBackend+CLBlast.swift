import Backends
import CCLBlast
import COpenCL

extension OpenCLBackend {
  /// Whether CLBlast has this product: one of plain matrices, whose result is a plain matrix.
  func isForCLBlast(_ product: GeneralProduct) -> Bool {
    if case .phase = product.right { return false }
    return product.batch == 1 && product.left.isMatrix && product.targetsAreRows && product.k > 0
  }

  /// The product by CLBlast, with the bias and the activation, if any, as a pass over the result.
  func computeByCLBlast(
    _ product: GeneralProduct, _ left: OpenCLStorage, _ right: OpenCLStorage, bias: OpenCLStorage?,
    activation: Activation, into output: OpenCLStorage
  ) throws {
    let isWhole = bias == nil && activation == .identity
    let target = isWhole ? output : runtime.allocate(count: product.m * product.n)
    try runtime.callCLBlast(product, left, right, into: target)
    if !isWhole {
      let arguments = ProductArguments(rightRow: product.n, rightBatchStride: 0, splitLength: product.k)
      try addSplits(target, product, arguments, bias: bias, activation: activation, into: output)
    }
  }
}

extension OpenCLRuntime {
  fileprivate func callCLBlast(
    _ product: GeneralProduct, _ left: OpenCLStorage, _ right: OpenCLStorage, into target: OpenCLStorage
  ) throws {
    guard let a = left.buffer, let b = right.buffer, let c = target.buffer else {
      throw OpenCLError.inputMissing(operation: "CLBlastSgemm")
    }
    var transposesRight = false
    if case .columns = product.right { transposesRight = true }
    try lock.withLock {
      var queue: cl_command_queue? = queue
      let status = CLBlastSgemm(
        CLBlastLayoutRowMajor, product.transposesLeft ? CLBlastTransposeYes : CLBlastTransposeNo,
        transposesRight ? CLBlastTransposeYes : CLBlastTransposeNo, product.m, product.n, product.k, 1, a, 0,
        product.transposesLeft ? product.m : product.k, b, 0, transposesRight ? product.k : product.n, 0, c, 0, product.n,
        &queue, nil)
      // Its codes below 0 are OpenCL's, and its own follow them.
      try check(Int32(status.rawValue), "CLBlastSgemm", during: "matrix product")
      counts.launches += 1
      recorder?.giveUp()
    }
  }
}
