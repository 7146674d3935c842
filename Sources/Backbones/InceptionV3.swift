import Backends
import Foundation
import Interchange
import Layers
import Tensors

/// InceptionV3 (Szegedy et al., 2016) as Keras Applications build it.
///
/// - Input: `[N, height, width, 3]`, red, green and blue from −1 to 1: what ``InceptionNetwork/preprocessed(_:from:)`` gives. At least 75
///   pixels high and wide; trained on 299.
/// - Output: of the last layer, by default `mixed10`: `[N, 8, 8, 2048]` for 299 pixels.
public final class InceptionV3: InceptionNetwork {
  /// With weights as `initializer` makes them.
  ///
  /// - Parameters:
  ///   - output: The last layer, `max_pooling2d`, `max_pooling2d_1` or `mixed0` to `mixed10`, which is the default. What lies behind is
  ///     not made.
  ///   - classes: Of the classifier behind the last layer; none if nil.
  /// - Throws: ``BackboneError`` if there is no such layer.
  public init(
    through output: String? = nil, classes: Int? = nil, initializer: Initializer = .glorotUniform, in context: LayerContext
  ) throws {
    try super.init(
      "InceptionV3", stages: InceptionV3.stages, through: output, featureCount: 2048, classes: classes, initializer: initializer,
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
    try assign(weights, names: InceptionBlocks.numberedNames(94))
  }

  /// What the classifier says before its softmax, of preprocessed images: `[N, height, width, 3] → [N, classes]`.
  ///
  /// - Precondition: there is a classifier.
  public func logits(of input: Tensor) -> Tensor {
    guard let classifier else { misuse("InceptionV3: the logits of a network without classifier; its weights had none") }
    return classifier(pooledFeatures(of: input))
  }

  private static func stages(_ blocks: InceptionBlocks) -> [(name: String, make: () -> Layer)] {
    func c(_ inputs: Int, _ outputs: Int, _ height: Int, _ width: Int? = nil, stride: Int = 1, padding: Padding = .same) -> Layer {
      blocks.normalized(inputs, outputs, height, width, stride: stride, padding: padding)
    }
    /// 35×35 pixels of an image of 299.
    func large(_ inputs: Int, pool: Int) -> Layer {
      Branches([
        c(inputs, 64, 1),
        Sequential(c(inputs, 48, 1), c(48, 64, 5)),
        Sequential(c(inputs, 64, 1), c(64, 96, 3), c(96, 96, 3)),
        blocks.pooled(inputs, pool),
      ])
    }
    /// 17×17 pixels.
    func middle(_ width: Int) -> Layer {
      Branches([
        c(768, 192, 1),
        Sequential(c(768, width, 1), c(width, width, 1, 7), c(width, 192, 7, 1)),
        Sequential(
          c(768, width, 1), c(width, width, 7, 1), c(width, width, 1, 7), c(width, width, 7, 1), c(width, 192, 1, 7)),
        blocks.pooled(768, 192),
      ])
    }
    /// 8×8 pixels.
    func small(_ inputs: Int) -> Layer {
      Branches([
        c(inputs, 320, 1),
        Sequential(c(inputs, 384, 1), Branches([c(384, 384, 1, 3), c(384, 384, 3, 1)])),
        Sequential(c(inputs, 448, 1), c(448, 384, 3), Branches([c(384, 384, 1, 3), c(384, 384, 3, 1)])),
        blocks.pooled(inputs, 192),
      ])
    }
    return blocks.stem() + [
      ("mixed0", { large(192, pool: 32) }), ("mixed1", { large(256, pool: 64) }), ("mixed2", { large(288, pool: 64) }),
      (
        "mixed3",
        {
          Branches([
            c(288, 384, 3, stride: 2, padding: .valid),
            Sequential(c(288, 64, 1), c(64, 96, 3), c(96, 96, 3, stride: 2, padding: .valid)),
            MaxPool(size: 3, stride: 2),
          ])
        }
      ),
      ("mixed4", { middle(128) }), ("mixed5", { middle(160) }), ("mixed6", { middle(160) }), ("mixed7", { middle(192) }),
      (
        "mixed8",
        {
          Branches([
            Sequential(c(768, 192, 1), c(192, 320, 3, stride: 2, padding: .valid)),
            Sequential(c(768, 192, 1), c(192, 192, 1, 7), c(192, 192, 7, 1), c(192, 192, 3, stride: 2, padding: .valid)),
            MaxPool(size: 3, stride: 2),
          ])
        }
      ),
      ("mixed9", { small(1280) }), ("mixed10", { small(2048) }),
    ]
  }
}
