/// A picture of 8 bits a channel, grey or red-green-blue, rows from the top.
public struct Picture: Hashable, Sendable {
  /// In pixels.
  public let width: Int
  /// In pixels.
  public let height: Int
  /// 1 (grey) or 3.
  public let channels: Int
  /// `height × width × channels`.
  public internal(set) var pixels: [UInt8]

  /// Stops the program if these are no picture.
  ///
  /// - Parameters:
  ///   - channels: 1 (grey) or 3.
  ///   - pixels: `height × width × channels` bytes, rows from the top.
  public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0, "a picture of \(width)×\(height) pixels")
    precondition(channels == 1 || channels == 3, "a picture has 1 or 3 channels, not \(channels)")
    precondition(
      pixels.count == width * height * channels,
      "\(pixels.count) bytes do not fill a picture of \(width)×\(height)×\(channels)")
    (self.width, self.height, self.channels, self.pixels) = (width, height, channels, pixels)
  }

  /// A picture of one brightness.
  public init(width: Int, height: Int, channels: Int, filledWith brightness: UInt8) {
    self.init(
      width: width, height: height, channels: channels,
      pixels: [UInt8](repeating: brightness, count: width * height * channels))
  }

  /// The brightness of a value in [0, 1]; what lies outside is clamped, NaN is black.
  static func byte(_ value: Float) -> UInt8 { value > 0 ? UInt8((min(value, 1) * 255).rounded()) : 0 }
}
