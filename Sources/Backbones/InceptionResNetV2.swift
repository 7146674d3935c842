import Backends
import Foundation
import Interchange
import Layers
import Tensors

/// Inception-ResNet-v2 (Szegedy et al., 2017) as Keras Applications build it.
///
/// - Input: `[N, height, width, 3]`, red, green and blue from −1 to 1: what ``InceptionNetwork/preprocessed(_:from:)`` gives. At least 75
///   pixels high and wide; trained on 299.
/// - Output: of the last layer, by default `conv_7b_ac`: `[N, 8, 8, 1536]` for 299 pixels.
public final class InceptionResNetV2: InceptionNetwork {
  /// With weights as `initializer` makes them.
  ///
  /// - Parameters:
  ///   - output: The last layer: `max_pooling2d`, `max_pooling2d_1`, `mixed_5b`, `block35_1_ac` to `block35_10_ac`, `mixed_6a`,
  ///     `block17_1_ac` to `block17_20_ac`, `mixed_7a`, `block8_1_ac` to `block8_9_ac`, `block8_10` or `conv_7b_ac`, which is the
  ///     default. What lies behind is not made.
  ///   - classes: Of the classifier behind the last layer; none if nil.
  /// - Throws: ``BackboneError`` if there is no such layer.
  public init(
    through output: String? = nil, classes: Int? = nil, initializer: Initializer = .glorotUniform, in context: LayerContext
  ) throws {
    try super.init(
      "InceptionResNetV2", stages: InceptionResNetV2.stages, through: output, featureCount: 1536, classes: classes,
      initializer: initializer,
      in: context)
  }

  /// With the weights of a file that Keras saved of this network, and the classifier if the file has it.
  ///
  /// - Throws: ``BackboneError`` if there is no such layer; an error that names the file and every layer that does not fit.
  public convenience init(weights: URL, through output: String? = nil, on device: Device) throws {
    let weights = try KerasWeights(contentsOf: weights)
    let context = LayerContext(device: device, generator: RandomGenerator(seed: 0))
    try self.init(through: output, classes: InceptionNetwork.classes(in: weights), initializer: .zeros, in: context)
    try loadWeights(weights)
  }

  /// Puts a file's weights into all layers; changes nothing if one does not fit.
  public func loadWeights(_ weights: KerasWeights) throws {
    let projections = [("block35", 10), ("block17", 20), ("block8", 10)].flatMap { name, count in
      (1...count).map { "\(name)_\($0)_conv" }
    }
    try assign(weights, names: InceptionBlocks.numberedNames(203) + projections + ["conv_7b", "conv_7b_bn"])
  }

  private static func stages(_ blocks: InceptionBlocks) -> [(name: String, make: () -> Layer)] {
    func c(_ inputs: Int, _ outputs: Int, _ height: Int, _ width: Int? = nil, stride: Int = 1, padding: Padding = .same) -> Layer {
      blocks.normalized(inputs, outputs, height, width, stride: stride, padding: padding)
    }
    /// `activation(input + scale · projection(branches))`, `count` times.
    func residuals(
      _ name: String, count: Int, channels: Int, mixed: Int, scale: Float, endsLinear: Bool = false,
      _ branches: @escaping () -> [Layer]
    ) -> [(name: String, make: () -> Layer)] {
      (1...count).map { number in
        let isLinear = endsLinear && number == count
        return (
          "\(name)_\(number)" + (isLinear ? "" : "_ac"),
          {
            Residual(
              [Branches(branches()), blocks.projection(mixed, channels, name: "\(name)_\(number)_conv")],
              scale: isLinear ? 1 : scale, activation: isLinear ? .identity : .relu)
          }
        )
      }
    }
    return blocks.stem()
      + [
        (
          "mixed_5b",
          {
            Branches([
              c(192, 96, 1), Sequential(c(192, 48, 1), c(48, 64, 5)),
              Sequential(c(192, 64, 1), c(64, 96, 3), c(96, 96, 3)), blocks.pooled(192, 64),
            ])
          }
        )
      ]
      + residuals("block35", count: 10, channels: 320, mixed: 128, scale: 0.17) {
        [
          c(320, 32, 1), Sequential(c(320, 32, 1), c(32, 32, 3)),
          Sequential(c(320, 32, 1), c(32, 48, 3), c(48, 64, 3)),
        ]
      }
      + [
        (
          "mixed_6a",
          {
            Branches([
              c(320, 384, 3, stride: 2, padding: .valid),
              Sequential(c(320, 256, 1), c(256, 256, 3), c(256, 384, 3, stride: 2, padding: .valid)),
              MaxPool(size: 3, stride: 2),
            ])
          }
        )
      ]
      + residuals("block17", count: 20, channels: 1088, mixed: 384, scale: 0.1) {
        [c(1088, 192, 1), Sequential(c(1088, 128, 1), c(128, 160, 1, 7), c(160, 192, 7, 1))]
      }
      + [
        (
          "mixed_7a",
          {
            Branches([
              Sequential(c(1088, 256, 1), c(256, 384, 3, stride: 2, padding: .valid)),
              Sequential(c(1088, 256, 1), c(256, 288, 3, stride: 2, padding: .valid)),
              Sequential(c(1088, 256, 1), c(256, 288, 3), c(288, 320, 3, stride: 2, padding: .valid)),
              MaxPool(size: 3, stride: 2),
            ])
          }
        )
      ]
      + residuals("block8", count: 10, channels: 2080, mixed: 448, scale: 0.2, endsLinear: true) {
        [c(2080, 192, 1), Sequential(c(2080, 192, 1), c(192, 224, 1, 3), c(224, 256, 3, 1))]
      }
      + [("conv_7b_ac", { blocks.normalized(2080, 1536, 1, name: "conv_7b") })]
  }
}
