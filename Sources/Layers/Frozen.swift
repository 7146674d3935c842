import Tensors

/// A network that is used but is no part of the module that holds it: a pretrained feature network, say. It is not visited,
/// trained, saved or counted, and stays in evaluation mode. Its parameters are constants from now on; gradients pass
/// through it to its input.
public struct Frozen<M: Module>: HiddenModules {
  public let module: M

  public init(_ module: M) {
    module.evaluate()
    for parameter in module.parameters { parameter.freeze() }
    self.module = module
  }
}

extension Frozen where M: Layer {
  public func callAsFunction(_ input: Tensor) -> Tensor { module(input) }
}
