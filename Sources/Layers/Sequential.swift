import Backends
import Tensors

/// Layers one after the other.
///
/// Nearest upsampling that is followed by a convolution of stride 1 is computed together with it, on the
/// small image; see ``Tensor/upsampledConvolved(filter:bias:factors:padding:activation:)``.
public final class Sequential: Layer {
  /// In the order in which they run.
  public let layers: [Layer]

  /// Layers that each take what the one before gives; without any, the identity.
  public init(_ layers: [Layer]) { self.layers = layers }
  /// Layers that each take what the one before gives.
  public convenience init(_ layers: Layer...) { self.init(layers) }

  public override func forward(_ input: Tensor) -> Tensor { output(of: input, through: 0..<layers.count) }

  /// What the layers of a part of the stack make of `input`: what a discriminator's last layer sees, say.
  public func output(of input: Tensor, through range: Range<Int>) -> Tensor {
    require(range.lowerBound >= 0 && range.upperBound <= layers.count, "Sequential: \(range) of \(layers.count) layers")
    var output = input
    var position = range.lowerBound
    while position < range.upperBound {
      let layer = layers[position]
      // A trace wants to see what every layer gives.
      if LayerTrace.current == nil, position + 1 < range.upperBound, let upsampling = layer as? UpSampling,
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
  /// What is added to the input.
  public let body: Sequential

  /// Layers whose output together has the input's shape, or one that broadcasts with it.
  public init(_ layers: [Layer]) { body = Sequential(layers) }

  public override func forward(_ input: Tensor) -> Tensor { input + body(input) }
}
