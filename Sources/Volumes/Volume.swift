/// A box of voxels, each with an occupancy from 0 (empty) to 1 (full): what a shape looks like to a network.
///
/// The axes are those of a right-handed space seen from the front: `x` to the right, `y` up, `z` towards the eye. The voxel
/// `(z, y, x)` fills the unit cube from `(x, y, z)` on.
public struct Volume: Hashable, Sendable {
  /// Voxels from back to front.
  public let depth: Int
  /// Voxels from the ground up.
  public let height: Int
  /// Voxels from left to right.
  public let width: Int
  /// `[depth, height, width]`, row-major.
  public internal(set) var values: [Float]

  /// - Precondition: every extent is at least 1, and `values` has as many elements as they give.
  public init(depth: Int, height: Int, width: Int, values: [Float]) {
    precondition(
      depth > 0 && height > 0 && width > 0 && values.count == depth * height * width,
      "\(values.count) values do not fill \(depth)×\(height)×\(width) voxels")
    (self.depth, self.height, self.width, self.values) = (depth, height, width, values)
  }

  /// The extents `[depth, height, width]`.
  public var shape: [Int] { [depth, height, width] }

  /// Of the voxel at a place; outside all is empty.
  public subscript(z: Int, y: Int, x: Int) -> Float {
    z >= 0 && y >= 0 && x >= 0 && z < depth && y < height && x < width ? values[(z * height + y) * width + x] : 0
  }

  /// Full where the occupancy is at least `threshold`, empty elsewhere.
  public func thresholded(at threshold: Float = 0.5) -> Volume {
    Volume(depth: depth, height: height, width: width, values: values.map { $0 >= threshold ? 1 : 0 })
  }

  /// Left and right exchanged.
  public var mirrored: Volume {
    var mirrored = [Float]()
    mirrored.reserveCapacity(values.count)
    for start in stride(from: 0, to: values.count, by: width) { mirrored += values[start..<start + width].reversed() }
    return Volume(depth: depth, height: height, width: width, values: mirrored)
  }
}
