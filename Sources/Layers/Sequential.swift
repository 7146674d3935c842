import Tensors

/// Layers one after the other.
///
/// Nearest upsampling that is followed by a convolution of stride 1 is computed together with it, on the
/// small image; see `Tensor.upsampledConvolved`.
public final class Sequential: Layer {
  public let layers: [Layer]

  public init(_ layers: [Layer]) { self.layers = layers }
  public convenience init(_ layers: Layer...) { self.init(layers) }

  public override func forward(_ input: Tensor) -> Tensor {
    var output = input
    var position = 0
    while position < layers.count {
      let layer = layers[position]
      // A trace wants to see what every layer gives.
      if LayerTrace.current == nil, position + 1 < layers.count, let upsampling = layer as? UpSampling,
        let convolution = layers[position + 1] as? Conv, convolution.joins(upsampling)
      {
        output = convolution.forward(output, upsampledBy: upsampling.factor)
        position += 2
      } else {
        output = layer(output)
        position += 1
      }
    }
    return output
  }
}

/// `input + body(input)` (He et al., 2016).
public final class Residual: Layer {
  public let body: Sequential

  public init(_ layers: [Layer]) { body = Sequential(layers) }

  public override func forward(_ input: Tensor) -> Tensor { input + body(input) }
}
