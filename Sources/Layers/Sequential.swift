import Tensors

/// Layers one after the other.
public final class Sequential: Layer {
  public let layers: [Layer]

  public init(_ layers: [Layer]) { self.layers = layers }
  public convenience init(_ layers: Layer...) { self.init(layers) }

  public override func forward(_ input: Tensor) -> Tensor { layers.reduce(input) { $1($0) } }
}

/// `input + body(input)` (He et al., 2016).
public final class Residual: Layer {
  public let body: Sequential

  public init(_ layers: [Layer]) { body = Sequential(layers) }

  public override func forward(_ input: Tensor) -> Tensor { input + body(input) }
}
