import Backends
import Foundation
import Layers
import Tensors

/// dlib's network that tells faces apart: a residual network of 29 convolutions (King, 2017), read from dlib's own file.
///
/// Faces of one person are nearer to each other than 0.6 in its 128 numbers, mostly. Each convolution holds the affine layer
/// behind it too.
///
/// - Input: `[N, 150, 150, 3]`: what ``preprocessed(_:from:)`` makes of aligned faces.
/// - Output: `[N, 128]`.
public final class DlibFaceNetwork: Layer {
  /// The width and height in pixels of the faces it was trained on.
  public static let inputSize = 150

  /// The extents of the network.
  struct Architecture: Hashable, Sendable {
    /// Of the first convolution, 7×7 with stride 2.
    var stemFilters: Int
    /// The residual blocks of two convolutions each, and whether they halve the picture.
    var blocks: [Block]
    var embeddingSize: Int

    struct Block: Hashable, Sendable {
      var filters: Int
      var isReduced: Bool
    }

    init(stemFilters: Int, levels: [(filters: Int, blocks: Int, isReduced: Bool)], embeddingSize: Int) {
      (self.stemFilters, self.embeddingSize) = (stemFilters, embeddingSize)
      blocks = levels.flatMap { level in
        (0..<level.blocks).map { Block(filters: level.filters, isReduced: level.isReduced && $0 == 0) }
      }
    }

    static let published = Architecture(
      stemFilters: 32,
      levels: [(32, 3, false), (64, 4, true), (128, 3, true), (256, 3, true), (256, 1, true)], embeddingSize: 128)
  }

  private let stem: Conv2D
  private let blocks: [DlibBlock]
  private let embedding: Dense
  /// The means of red, green and blue that are taken off.
  private let means: [Float]

  /// With the weights of dlib's file.
  ///
  /// - Throws: `FileError` if it cannot be read; `InterchangeError` with the byte if it is damaged, cut short, or another network's.
  public convenience init(weights: URL, on device: Device) throws {
    try self.init(weights: weights, .published, on: device)
  }

  init(weights: URL, _ architecture: Architecture, on device: Device) throws {
    let context = LayerContext(device: device, generator: RandomGenerator(seed: 0))
    let file = try DlibFaceFile(contentsOf: weights, architecture)
    func convolution(_ stored: DlibFaceFile.Convolution, padding: Int = 0, activation: Activation) -> Conv2D {
      let size = stored.kernelSize
      let layer = Conv2D(
        inputChannels: stored.inputs, outputChannels: stored.outputs, kernelSize: size, stride: stored.stride,
        padding: .explicit(low: [padding, padding], high: [padding, padding]), activation: activation, initializer: .zeros,
        in: context)
      layer.weight.value = Tensor(stored.filter, shape: layer.weight.shape, on: device)
      layer.bias!.value = Tensor(stored.bias, shape: [stored.outputs], on: device)
      return layer
    }
    means = file.means
    stem = convolution(file.convolutions[0], activation: .relu)
    blocks = architecture.blocks.enumerated().map { index, block in
      let (first, second) = (file.convolutions[2 * index + 1], file.convolutions[2 * index + 2])
      return DlibBlock(
        // Without padding where the stride is 2.
        body: Sequential(
          convolution(first, padding: block.isReduced ? 0 : 1, activation: .relu),
          convolution(second, padding: 1, activation: .identity)),
        isReduced: block.isReduced)
    }
    let channels = architecture.blocks.last?.filters ?? architecture.stemFilters
    embedding = Dense(
      inputSize: channels, units: architecture.embeddingSize, useBias: false, initializer: .zeros, in: context)
    embedding.weight.value = Tensor(file.embedding, shape: embedding.weight.shape, on: device)
  }

  /// Red, green and blue `[N, height, width, 3]` in `range` as the network was trained on them: `(x − mean) / 256` of 0 to 255.
  /// Gradients pass through.
  public func preprocessed(_ images: Tensor, from range: ClosedRange<Float> = 0...255) -> Tensor {
    let scale = 255 / (range.upperBound - range.lowerBound) / 256
    return images * scale - Tensor(means.map { $0 / 256 + range.lowerBound * scale }, on: images.device)
  }

  public override func forward(_ input: Tensor) -> Tensor {
    let pooled = stem(input).maxPooled(size: [3, 3], stride: [2, 2])
    return embedding(blocks.reduce(pooled) { $1($0) }.globalAveragePooled())
  }
}

/// `relu(body(x) + x)`, or with halving `relu(body(x) + mean of 2×2 of x)`. What one of the two lacks, of channels, rows or columns,
/// is zeros behind its own.
final class DlibBlock: Layer {
  let body: Sequential
  let isReduced: Bool

  init(body: Sequential, isReduced: Bool) { (self.body, self.isReduced) = (body, isReduced) }

  override func forward(_ input: Tensor) -> Tensor {
    let change = body(input), kept = isReduced ? input.averagePooled(size: [2, 2]) : input
    let whole = zip(change.shape.dimensions, kept.shape.dimensions).map { Swift.max($0, $1) }
    func padded(_ tensor: Tensor) -> Tensor {
      tensor.padded(before: [0, 0, 0, 0], after: zip(whole, tensor.shape.dimensions).map(-))
    }
    return (padded(change) + padded(kept)).activated(.relu)
  }
}
