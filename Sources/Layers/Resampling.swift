import Backends
import Tensors

/// `[N, …]` to `[N, everything else]`.
public final class Flatten: Layer {
  public override func forward(_ input: Tensor) -> Tensor { input.flattened() }
}

/// `[N, …]` to `[N, size…]`.
public final class Reshape: Layer {
  /// The extents of one sample, without the batch.
  public let size: [Int]

  /// - Parameter size: As many elements as a sample has; unlike Keras', without −1.
  public init(_ size: [Int]) { self.size = size }

  public override func forward(_ input: Tensor) -> Tensor { input.reshaped(to: Shape([input.shape[0]] + size)) }
}

/// Upsampling by a whole factor on every spatial axis: `[N, …, C] → [N, … · factor, C]`. Keras'
/// `UpSampling2D` for images, `UpSampling3D` for volumes.
public final class UpSampling: Layer {
  /// How many times larger every spatial axis becomes.
  public let factor: Int
  /// Bilinear takes images only: `[N, height, width, C]`.
  public let interpolation: Interpolation

  /// Keras' defaults: twice as large, every element repeated.
  public init(factor: Int = 2, interpolation: Interpolation = .nearest) {
    (self.factor, self.interpolation) = (factor, interpolation)
  }

  public override var details: String { "×\(factor)\(interpolation == .bilinear ? ", bilinear" : "")" }

  public override func forward(_ input: Tensor) -> Tensor {
    input.upsampled(factors: Array(repeating: factor, count: max(0, input.rank - 2)), interpolation: interpolation)
  }
}

/// Channels to pixels: `[N, height, width, C · f²] → [N, height · f, width · f, C]` (Shi et al., 2016).
///
/// Channel `(i · f + j) · C + c` becomes channel `c` of pixel `(i, j)` of a block, as in TensorFlow's
/// `depth_to_space`; PyTorch's `PixelShuffle` counts them as `c · f² + i · f + j`.
public final class PixelShuffle: Layer {
  /// `f`: how many times higher and wider the image becomes.
  public let factor: Int

  /// - Parameter factor: `f`; the channels of the input are a multiple of its square.
  public init(factor: Int = 2) { self.factor = factor }

  public override var details: String { "×\(factor)" }

  public override func forward(_ input: Tensor) -> Tensor {
    let f = factor
    require(
      input.rank == 4 && input.shape[3].isMultiple(of: f * f),
      "PixelShuffle: an input of shape \(input.shape) is not [N, height, width, channels that \(f * f) divides]")
    let (n, height, width, channels) = (input.shape[0], input.shape[1], input.shape[2], input.shape[3] / (f * f))
    return input.reshaped(to: [n, height, width, f, f, channels]).transposed([0, 1, 3, 2, 4, 5])
      .reshaped(to: [n, height * f, width * f, channels])
  }
}

/// What pooling layers have in common: the same window and stride on every spatial axis.
public class PoolingLayer: Layer {
  /// The extent of the window on every spatial axis.
  public let size: Int
  /// The distance of neighbouring windows.
  public let stride: Int
  /// How borders are treated. Padded places take no part: neither as a maximum nor in a mean.
  public let padding: Padding

  /// Keras' defaults: windows of 2 that touch. A `stride` of nil is `size`.
  public init(size: Int = 2, stride: Int? = nil, padding: Padding = .valid) {
    (self.size, self.stride, self.padding) = (size, stride ?? size, padding)
  }

  public override var details: String { "\(size)" + (stride == size ? "" : ", stride \(stride)") }

  fileprivate func each(_ value: Int, _ input: Tensor) -> [Int] {
    Array(repeating: value, count: max(0, input.rank - 2))
  }
}

/// The largest element of each window: `[N, …, C] → [N, …, C]`, for images and volumes.
public final class MaxPool: PoolingLayer {
  public override func forward(_ input: Tensor) -> Tensor {
    input.maxPooled(size: each(size, input), stride: each(stride, input), padding: padding)
  }
}

/// The mean of each window; padding is left out, as in Keras.
public final class AveragePool: PoolingLayer {
  public override func forward(_ input: Tensor) -> Tensor {
    input.averagePooled(size: each(size, input), stride: each(stride, input), padding: padding)
  }
}

/// The mean over space: `[N, …, C] → [N, C]`.
public final class GlobalAveragePool: Layer {
  public override func forward(_ input: Tensor) -> Tensor { input.globalAveragePooled() }
}

/// The maximum over space: `[N, …, C] → [N, C]`.
public final class GlobalMaxPool: Layer {
  public override func forward(_ input: Tensor) -> Tensor { input.globalMaxPooled() }
}
