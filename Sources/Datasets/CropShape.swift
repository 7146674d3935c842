/// The extents of a pair of crops: a small one, and the large one that it is the reduction of.
public struct CropShape: Hashable, Sendable {
  /// Of the small crop, in pixels.
  public let height: Int
  /// Of the small crop, in pixels.
  public let width: Int
  /// How many times larger the large one is, each way.
  public let scale: Int

  /// The shape that a model with these inputs takes; nil if none of them are called `small` and `large`.
  ///
  /// - Precondition: these are color pictures, and the large one is some whole number of times as large, the same each way.
  public init?(_ inputs: [Field]) {
    guard let small = inputs.first(where: { $0.name == "small" })?.shape,
      let large = inputs.first(where: { $0.name == "large" })?.shape
    else { return nil }
    precondition(
      small.count == 3 && large.count == 3 && small[2] == 3 && large[2] == 3 && small[0] > 0 && small[1] > 0
        && large[0] > small[0] && large[0] % small[0] == 0 && large[0] * small[1] == large[1] * small[0],
      "small \(small) and large \(large) are no pictures [height, width, 3] of which one is a whole number of times as large")
    (height, width, scale) = (small[0], small[1], large[0] / small[0])
  }

  /// Of the large crop, in pixels.
  public var largeHeight: Int { scale * height }
  /// Of the large crop, in pixels.
  public var largeWidth: Int { scale * width }

  /// The fields of a pair, in the order of a sample.
  var fields: [Field] {
    [
      Field("small", shape: [height, width, 3], range: 0...1),
      Field("large", shape: [largeHeight, largeWidth, 3], range: 0...1),
    ]
  }
}
