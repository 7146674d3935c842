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

/// `activation(input + scale · body(input))` (He et al., 2016; the scale of Szegedy et al., 2016).
public final class Residual: Layer {
  /// What is added to the input.
  public let body: Sequential
  /// What the body's output is multiplied with before it is added.
  public let scale: Float
  /// What the sum goes through.
  public let activation: Activation

  /// Layers whose output together has the input's shape, or one that broadcasts with it.
  public init(_ layers: [Layer], scale: Float = 1, activation: Activation = .identity) {
    body = Sequential(layers)
    (self.scale, self.activation) = (scale, activation)
  }

  public override var details: String {
    [scale == 1 ? "" : "×\(scale)", activation.label].filter { !$0.isEmpty }.joined(separator: ", ")
  }

  public override func forward(_ input: Tensor) -> Tensor {
    let change = body(input)
    return (input + (scale == 1 ? change : change * scale)).activated(activation)
  }
}

/// Layers side by side on one input; their outputs are joined along the channels (Szegedy et al., 2015).
public final class Branches: Layer {
  /// In the order in which their channels are joined.
  public let branches: [Layer]

  /// Layers whose outputs differ in no extent but the last.
  public init(_ branches: [Layer]) { self.branches = branches }

  public override func forward(_ input: Tensor) -> Tensor { .concatenate(branches.map { $0(input) }) }
}
