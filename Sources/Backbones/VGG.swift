import Backends
import Foundation
import Interchange
import Layers
import Tensors

/// The convolutions of VGG16 or VGG19 (Simonyan and Zisserman, 2015), as Keras Applications build them without their top.
///
/// - Input: `[N, height, width, 3]`, blue, green and red from 0 to 255, less their means in ImageNet: what ``preprocessed(_:from:)``
///   gives. At least 32 pixels high and wide for all layers.
/// - Output: of the last layer, by default `block5_pool`: `[N, height / 32, width / 32, 512]`.
public final class VGG: Backbone {
  /// How many layers have weights, the three of the top included.
  public enum Variant: String, CaseIterable, Sendable {
    /// Two or three convolutions a block.
    case vgg16 = "VGG16"
    /// Two or four convolutions a block.
    case vgg19 = "VGG19"

    /// Of the five blocks: the convolutions of each, and their filters.
    fileprivate var blocks: [(convolutions: Int, filters: Int)] {
      let late = self == .vgg16 ? 3 : 4
      return [(2, 64), (2, 128), (late, 256), (late, 512), (late, 512)]
    }

    /// The names of all layers, `block1_conv1` to `block5_pool`.
    public var layerNames: [String] {
      blocks.enumerated().flatMap { block, size in
        (1...size.convolutions).map { "block\(block + 1)_conv\($0)" } + ["block\(block + 1)_pool"]
      }
    }
  }

  /// Which of the two.
  public let variant: Variant

  /// With weights as `initializer` makes them.
  ///
  /// - Parameter output: The last layer, one of ``Variant/layerNames``; all layers if nil. What lies behind is not made.
  /// - Throws: ``BackboneError`` if there is no such layer.
  public init(
    _ variant: Variant, through output: String? = nil, initializer: Initializer = .glorotUniform, in context: LayerContext
  ) throws {
    self.variant = variant
    var channels = 3
    let makers = variant.blocks.enumerated().flatMap { block, size -> [(name: String, layer: () -> Layer)] in
      let convolutions = (1...size.convolutions).map { number -> (String, () -> Layer) in
        defer { channels = size.filters }
        let inputs = channels
        return (
          "block\(block + 1)_conv\(number)",
          {
            Conv2D(
              inputChannels: inputs, outputChannels: size.filters, kernelSize: 3, padding: .same, activation: .relu,
              initializer: initializer, in: context)
          }
        )
      }
      return convolutions + [("block\(block + 1)_pool", { MaxPool() })]
    }
    super.init(try Backbone.layers(makers, through: output, of: variant.rawValue).map { ($0.name, $0.layer()) })
  }

  /// With the weights of a file.
  ///
  /// - Parameters:
  ///   - weights: What Keras saved of the network, with or without its top, or of one that has its layers by name.
  ///   - output: The last layer; what lies behind is neither made nor read.
  /// - Throws: ``BackboneError`` if there is no such layer; an error that names the file and every layer that does not fit.
  public convenience init(
    _ variant: Variant, weights: URL, through output: String? = nil, on device: Device
  ) throws {
    let context = LayerContext(device: device, generator: RandomGenerator(seed: 0))
    try self.init(variant, through: output, initializer: .zeros, in: context)
    try loadWeights(KerasWeights(contentsOf: weights))
  }

  /// Puts a file's weights into all layers; changes nothing if one does not fit.
  public func loadWeights(_ weights: KerasWeights) throws {
    let naming = KerasNaming(
      network: variant.rawValue, isOwn: { $0.hasPrefix("block") && $0.contains("_conv") }, unnamed: "conv2d")
    try weights.assign(to: kerasLayers(), all: variant.layerNames.filter { $0.contains("conv") }, naming)
  }

  func kerasLayers() -> [KerasLayer] {
    namedLayers.compactMap { name, layer in (layer as? Conv2D).map { KerasLayer(name, $0) } }
  }

  /// Red, green and blue `[N, height, width, 3]` in `range` as the network was trained on them: blue, green and red from 0 to 255, less
  /// the means of ImageNet. Gradients pass through.
  public static func preprocessed(_ images: Tensor, from range: ClosedRange<Float> = 0...255) -> Tensor {
    let scale = 255 / (range.upperBound - range.lowerBound)
    let means: [Float] = [103.939, 116.779, 123.68]
    let offset = Tensor(means.map { -range.lowerBound * scale - $0 }, on: images.device)
    let turned = images.flipped(axes: [3])
    return (scale == 1 ? turned : turned * scale) + offset
  }
}
