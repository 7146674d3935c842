import Backends
import Pictures
import Tensors

extension Picture {
  /// An image `[height, width, channels]`, or a batch `[N, height, width, channels]` as a grid; waits for the device.
  ///
  /// Of two channels the first is shown, grey; of four and more the first three, as red, green and blue.
  ///
  /// - Parameters:
  ///   - range: Its ends are black and white (or a channel's darkest and brightest); what lies outside is clamped, NaN is
  ///     black. `-1...1` for the samples of a generator that ends in a hyperbolic tangent.
  ///   - columns: Images in a row of the grid; as near to a square as they come if nil.
  ///   - scale: How many pixels of the picture, each way, show one of an image.
  ///   - padding: Pixels between the images of a batch and around them all.
  /// - Throws: The first failure of the device since the last throw.
  public init(
    _ images: Tensor, range: ClosedRange<Float> = 0...1, columns: Int? = nil, scale: Int = 1, padding: Int = 2
  ) throws {
    require(
      (images.rank == 3 || images.rank == 4) && images.count > 0,
      "Picture: \(images.shape) is no shape [height, width, channels] or [N, height, width, channels] of images")
    require(range.lowerBound < range.upperBound, "Picture: no brightness lies in the range \(range)")
    let isBatch = images.rank == 4
    self = .grid(
      range.movedToUnit(try images.scalars()),
      shape: isBatch ? images.shape : Shape([1] + images.shape.dimensions), columns: columns, scale: scale,
      padding: isBatch ? padding : 0)
  }
}

extension ClosedRange<Float> {
  /// Values of this range as the same places of [0, 1].
  func movedToUnit(_ values: [Float]) -> [Float] {
    if self == 0...1 { return values }
    let scale = 1 / (upperBound - lowerBound)
    return values.map { ($0 - lowerBound) * scale }
  }
}
