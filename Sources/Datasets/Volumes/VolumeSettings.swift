import Volumes

/// How shapes become samples: which voxels a mesh fills, and what is varied from epoch to epoch.
public struct VolumeSettings: Codable, Hashable, Sendable {
  /// Of meshes.
  public var fill: VoxelFill
  /// Whether every other sample, at random, is mirrored: left and right exchanged.
  public var flip: Bool
  /// By how much, at most, a sample is stretched or squeezed along each axis by itself; 0.15 for factors from 0.85 to 1.15.
  public var stretch: Float

  /// By default solid, and not varied.
  public init(fill: VoxelFill = .solid, flip: Bool = false, stretch: Float = 0) {
    precondition(stretch >= 0 && stretch < 1, "a stretch of \(stretch)")
    (self.fill, self.flip, self.stretch) = (fill, flip, stretch)
  }

  /// Mirrored, and stretched by up to 15 %: what makes some dozen shapes enough to learn from.
  public static let augmented = VolumeSettings(flip: true, stretch: 0.15)

  /// The same of meshes that are filled otherwise.
  public func filling(_ fill: VoxelFill) -> VolumeSettings { VolumeSettings(fill: fill, flip: flip, stretch: stretch) }

  /// The same shapes as they are, for validation.
  var withoutVariation: VolumeSettings { VolumeSettings(fill: fill) }

  /// What is done to one sample. Draws as many words whatever is varied.
  func variation(_ draw: inout RandomWords) -> (isMirrored: Bool, stretch: SIMD3<Float>) {
    let isMirrored = draw.next() & 1 == 1 && flip
    let draws = SIMD3(draw.nextUniform(), draw.nextUniform(), draw.nextUniform())
    return (isMirrored, stretch == 0 ? .one : 1 + stretch * (2 * draws - 1))
  }

  /// - Throws: If samples of `shape` are no cubes of voxels, `[side, side, side, 1]`.
  static func side(of shape: [Int], _ source: String) throws -> Int {
    guard shape.count == 4, shape[3] == 1, shape[0] == shape[1], shape[1] == shape[2], (4...Volume.largestSide).contains(shape[0])
    else {
      throw DatasetError.noVolumeShape(shape, source: source)
    }
    return shape[0]
  }
}
