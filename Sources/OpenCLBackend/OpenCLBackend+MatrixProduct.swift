import Backends

extension OpenCLBackend {
  public func matrixProduct(
    _ product: MatrixProduct, _ left: any Storage, _ right: any Storage, bias: (any Storage)?,
    activation: Activation
  ) -> any Storage { fatalError("matrixProduct is not implemented yet") }
}
