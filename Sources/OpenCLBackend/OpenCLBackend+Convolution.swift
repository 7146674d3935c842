import Backends

extension OpenCLBackend {
  public func convolution(
    _ convolution: Convolution, input: any Storage, filter: any Storage, bias: (any Storage)?,
    activation: Activation
  ) -> any Storage { fatalError("convolution is not implemented yet") }

  public func convolutionInputGradient(
    _ convolution: Convolution, outputGradient: any Storage, filter: any Storage, bias: (any Storage)?,
    activation: Activation
  ) -> any Storage { fatalError("convolutionInputGradient is not implemented yet") }

  public func convolutionFilterGradient(
    _ convolution: Convolution, input: any Storage, outputGradient: any Storage
  ) -> any Storage { fatalError("convolutionFilterGradient is not implemented yet") }
}
