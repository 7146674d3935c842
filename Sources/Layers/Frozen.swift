import Tensors

/// A network that is used but is no part of the module that holds it: a pretrained feature network, say. It is not visited,
/// trained, saved or counted, and stays in evaluation mode. Its parameters are constants from now on; gradients pass
/// through it to its input.
public struct Frozen<M: Module>: HiddenModules {
  /// The network itself, in evaluation mode.
  public let module: M

  /// Puts `module` into evaluation mode and makes its parameters constants, for good.
  public init(_ module: M) {
    module.evaluate()
    for parameter in module.parameters { parameter.freeze() }
    self.module = module
  }
}

extension Frozen where M: Layer {
  /// What the frozen layer makes of `input`; gradients pass through it to `input`.
  public func callAsFunction(_ input: Tensor) -> Tensor { module(input) }
}
