import Pictures

extension Picture {
  /// A volume as shaded blocks, seen from above its front; square.
  ///
  /// - Parameters:
  ///   - size: Of the picture, in pixels each way.
  ///   - angle: By how many degrees the volume is turned to the right.
  ///   - threshold: Voxels of at least this occupancy are drawn.
  public init(_ volume: Volume, size: Int = 128, angle: Double = 35, threshold: Float = 0.5, background: Color = .white) {
    precondition(size > 0 && size <= 1 << 14, "a picture of \(size)×\(size) pixels")
    self = VolumeRenderer(volume, threshold: threshold).picture(size: size, angle: angle, background: background)
  }

  /// Volumes side by side, in rows of `columns`; without it, nearly a square.
  ///
  /// - Parameters:
  ///   - size: Of each, in pixels each way.
  ///   - angle: By how many degrees they are turned to the right.
  /// - Precondition: There is at least one.
  public static func grid(
    of volumes: [Volume], columns: Int? = nil, size: Int = 128, angle: Double = 35, threshold: Float = 0.5
  ) -> Picture {
    var grid = PictureGrid(count: volumes.count, imageShape: [size, size, 3], columns: columns)
    for volume in volumes {
      let picture = Picture(volume, size: size, angle: angle, threshold: threshold)
      grid.append(picture.pixels.map { Float($0) / 255 })
    }
    return grid.picture
  }
}

extension AnimatedPNG {
  /// Volumes side by side that turn once around: the bytes of a PNG file.
  ///
  /// - Parameter frames: How many pictures a turn has.
  /// - Throws: ``PictureError`` if they cannot be encoded.
  public static func turning(
    _ volumes: [Volume], columns: Int? = nil, size: Int = 128, frames: Int = 36, threshold: Float = 0.5
  ) throws -> [UInt8] {
    let pictures = try (0..<frames).map { frame in
      try Picture.grid(
        of: volumes, columns: columns, size: size, angle: 35 + 360 * Double(frame) / Double(frames), threshold: threshold
      ).png()
    }
    return try encode(pictures, millisecondsPerFrame: 80, lastFrameRepeats: 1)
  }
}
