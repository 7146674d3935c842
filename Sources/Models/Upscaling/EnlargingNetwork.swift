import Tensors

/// A network that enlarges color pictures, in two parts: one finds features at the small size, the other makes the large picture of
/// them. The first sees far and needs little memory for it, the second the other way round.
public struct EnlargingNetwork {
  /// How many times larger pictures become, each way.
  public let scale: Int
  /// Pictures `[1, height, width, 3]` in [−1, 1] to features `[1, height, width, C]`.
  public let features: (Tensor) -> Tensor
  /// How many pixels away features still depend on a pixel.
  public let featureReach: Int
  /// Features to pictures `[1, scale · height, scale · width, 3]` in [−1, 1].
  public let pictures: (Tensor) -> Tensor
  /// How many small pixels away pictures still depend on features.
  public let pictureReach: Int
}

/// A model that enlarges pictures of any size.
public protocol EnlargingModel: GenerativeModel {
  /// Its network, in the mode that the model is in.
  var enlarging: EnlargingNetwork { get }
}

extension SRGAN: EnlargingModel {
  public var enlarging: EnlargingNetwork {
    // Pictures of any size are made as samples are: by the moving average where one is kept.
    let generator = sampler
    return EnlargingNetwork(
      scale: configuration.scale,
      features: { generator.features(of: $0) },
      // The head's kernel 9, two kernels of 3 in a block, one more behind them.
      featureReach: 4 + 2 * configuration.residualBlocks + 1,
      pictures: { generator.tail($0) },
      // Kernels of 3 at the small size or twice that, and one of 9 at the large.
      pictureReach: 3)
  }
}
