import Backends
import Interchange
import Layers
import Tensors

/// Makes the convolutions of an Inception network in the order in which Keras makes them, which numbers their names.
final class InceptionBlocks {
  private let context: LayerContext
  private let initializer: Initializer
  private var count = 0
  /// Those made so far.
  private(set) var kerasLayers: [KerasLayer] = []

  init(initializer: Initializer, in context: LayerContext) { (self.initializer, self.context) = (initializer, context) }

  /// A convolution without bias, batch normalization without scale, and ReLU: Keras Applications' `conv2d_bn`. A kernel without a
  /// width is square.
  func normalized(
    _ inputs: Int, _ outputs: Int, _ height: Int, _ width: Int? = nil, stride: Int = 1, padding: Padding = .same,
    name: String? = nil
  ) -> Layer {
    let convolution = Conv(
      inputChannels: inputs, outputChannels: outputs, kernelSize: [height, width ?? height],
      stride: [stride, stride], padding: padding, useBias: false, initializer: initializer, in: context)
    let norm = BatchNorm(channels: outputs, activation: .relu, useScale: false, in: context)
    let suffix = count == 0 ? "" : "_\(count)"
    if name == nil { count += 1 }
    kerasLayers.append(KerasLayer(name ?? "conv2d\(suffix)", convolution))
    kerasLayers.append(KerasLayer(name.map { $0 + "_bn" } ?? "batch_normalization\(suffix)", norm))
    return Sequential(convolution, norm)
  }

  /// A convolution 1×1 with a bias.
  func projection(_ inputs: Int, _ outputs: Int, name: String) -> Layer {
    let convolution = Conv2D(
      inputChannels: inputs, outputChannels: outputs, kernelSize: 1, padding: .same, initializer: initializer, in: context)
    kerasLayers.append(KerasLayer(name, convolution))
    return convolution
  }

  /// A mean over the pixels around each, and a convolution 1×1.
  func pooled(_ inputs: Int, _ outputs: Int) -> Layer {
    Sequential(AveragePool(size: 3, stride: 1, padding: .same), normalized(inputs, outputs, 1))
  }

  /// The layers before the first mixture, which both networks have: `[N, h, w, 3] → [N, ≈ h / 8, ≈ w / 8, 192]`.
  func stem() -> [(name: String, make: () -> Layer)] {
    [
      (
        "max_pooling2d",
        {
          Sequential(
            self.normalized(3, 32, 3, stride: 2, padding: .valid), self.normalized(32, 32, 3, padding: .valid),
            self.normalized(32, 64, 3), MaxPool(size: 3, stride: 2))
        }
      ),
      (
        "max_pooling2d_1",
        {
          Sequential(
            self.normalized(64, 80, 1, padding: .valid), self.normalized(80, 192, 3, padding: .valid), MaxPool(size: 3, stride: 2))
        }
      ),
    ]
  }

  /// The names that Keras gives to `count` convolutions and their normalizations.
  static func numberedNames(_ count: Int) -> [String] {
    (0..<count).flatMap { number in
      ["conv2d", "batch_normalization"].map { number == 0 ? $0 : "\($0)_\(number)" }
    }
  }
}

/// A feature network with convolutions that Keras numbers, and what it makes of images.
public class InceptionNetwork: Backbone {
  /// From the mean of the features over space to the logits of the classes, `[featureCount] → [classes]`; nil where the file has none.
  public let classifier: Dense?
  /// The layers by their names in files. A function, for they are no other modules than the network's own.
  let kerasLayers: () -> [KerasLayer]

  private let name: String

  /// - Parameters:
  ///   - stages: All of the network; those behind `output` are not made, nor is then the classifier.
  ///   - classes: Of the classifier; none if nil.
  init(
    _ name: String, stages: (InceptionBlocks) -> [(name: String, make: () -> Layer)], through output: String?, featureCount: Int,
    classes: Int?, initializer: Initializer, in context: LayerContext
  ) throws {
    self.name = name
    let blocks = InceptionBlocks(initializer: initializer, in: context), all = stages(blocks)
    let made = try Backbone.layers(all.map { (name: $0.name, layer: $0.make) }, through: output, of: name)
    let layers = made.map { ($0.name, $0.layer()) }
    let classes = made.count == all.count ? classes : nil
    classifier = classes.map { Dense(inputSize: featureCount, units: $0, initializer: initializer, in: context) }
    let named = blocks.kerasLayers + (classifier.map { [KerasLayer("predictions", $0)] } ?? [])
    kerasLayers = { named }
    super.init(layers)
  }

  /// Puts a file's weights into all layers, `names` being those of the whole network but for the classifier's; changes nothing if
  /// one does not fit.
  final func assign(_ weights: KerasWeights, names: [String]) throws {
    let naming = KerasNaming(
      network: name, isOwn: { $0.hasPrefix("block") || $0.hasPrefix("conv_7b") || $0 == "predictions" },
      numbered: ["conv2d", "batch_normalization"])
    let top = Self.classes(in: weights) == nil ? [] : ["predictions"]
    try weights.assign(to: kerasLayers(), all: names + top, naming)
  }

  /// The mean over space of what the last layer makes of preprocessed images: `[N, height, width, 3] → [N, C]`.
  public final func pooledFeatures(of input: Tensor) -> Tensor { self(input).globalAveragePooled() }

  /// Red, green and blue `[N, height, width, 3]` in `range` as the network was trained on them: from −1 to 1. Gradients pass through.
  public static func preprocessed(_ images: Tensor, from range: ClosedRange<Float> = 0...255) -> Tensor {
    let scale = 2 / (range.upperBound - range.lowerBound)
    return range == -1...1 ? images : images * scale - (1 + range.lowerBound * scale)
  }

  /// The units of the classifier in a file, if it has one; of 100,000 at most.
  static func classes(in weights: KerasWeights) -> Int? {
    weights.layers(named: "predictions").first?.weights.compactMap { weights.file.datasets[$0.dataset]?.shape }
      .first { $0.rank == 2 && (1...100_000).contains($0[1]) }?[1]
  }
}
