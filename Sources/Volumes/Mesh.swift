/// A surface of triangles.
public struct Mesh: Hashable, Sendable {
  /// Their corners, with `y` up: see ``UpAxis``.
  public internal(set) var vertices: [SIMD3<Float>]
  /// Places in `vertices`, counterclockwise as seen from outside.
  public internal(set) var triangles: [SIMD3<UInt32>]

  /// - Precondition: every triangle has corners that are among the vertices.
  public init(vertices: [SIMD3<Float>], triangles: [SIMD3<UInt32>]) {
    precondition(triangles.allSatisfy { $0.max() < vertices.count }, "a triangle without a vertex")
    (self.vertices, self.triangles) = (vertices, triangles)
  }

  /// The largest mesh that is read.
  public static let mostTriangles = 8_000_000

  /// The corners of the smallest box around the triangles; nil without any.
  public var bounds: (lower: SIMD3<Float>, upper: SIMD3<Float>)? {
    guard let first = triangles.first else { return nil }
    var lower = vertices[Int(first.x)], upper = lower
    for triangle in triangles {
      for corner in 0..<3 {
        let vertex = vertices[Int(triangle[corner])]
        lower = pointwiseMin(lower, vertex)
        upper = pointwiseMax(upper, vertex)
      }
    }
    return (lower, upper)
  }

  /// Turned by a matrix, given by its rows. One that mirrors turns the triangles around, so that outside stays outside.
  public func transformed(_ rows: (SIMD3<Float>, SIMD3<Float>, SIMD3<Float>)) -> Mesh {
    var result = self
    result.vertices = vertices.map { SIMD3(($0 * rows.0).sum(), ($0 * rows.1).sum(), ($0 * rows.2).sum()) }
    let cross = SIMD3(
      rows.0.y * rows.1.z - rows.0.z * rows.1.y, rows.0.z * rows.1.x - rows.0.x * rows.1.z,
      rows.0.x * rows.1.y - rows.0.y * rows.1.x)
    if (cross * rows.2).sum() < 0 { result.triangles = triangles.map { SIMD3($0.x, $0.z, $0.y) } }
    return result
  }

  /// Several meshes as one.
  public init(joining meshes: [Mesh]) {
    (vertices, triangles) = ([], [])
    for mesh in meshes {
      let offset = UInt32(vertices.count)
      vertices += mesh.vertices
      triangles += mesh.triangles.map { $0 &+ offset }
    }
  }

  /// A box between two opposite corners.
  public init(boxFrom lower: SIMD3<Float>, to upper: SIMD3<Float>) {
    vertices = (0..<8).map { corner in
      SIMD3(corner & 1 == 0 ? lower.x : upper.x, corner & 2 == 0 ? lower.y : upper.y, corner & 4 == 0 ? lower.z : upper.z)
    }
    let faces: [[UInt32]] = [[0, 4, 6, 2], [1, 3, 7, 5], [0, 1, 5, 4], [2, 6, 7, 3], [0, 2, 3, 1], [4, 5, 7, 6]]
    triangles = faces.flatMap { [SIMD3($0[0], $0[1], $0[2]), SIMD3($0[0], $0[2], $0[3])] }
  }
}

/// Which axis of a file points up. Volumes and meshes in memory always have `y` up.
public enum UpAxis: String, Codable, CaseIterable, Hashable, Sendable {
  /// As in OBJ and glTF files and most programs that draw.
  case y
  /// As in ModelNet, and most programs that construct.
  case z

  /// Turns a mesh so that its up is `y`.
  func upright(_ mesh: Mesh) -> Mesh { self == .y ? mesh : mesh.transformed((SIMD3(1, 0, 0), SIMD3(0, 0, 1), SIMD3(0, -1, 0))) }

  /// Turns a mesh so that this axis is its up.
  func asInFile(_ mesh: Mesh) -> Mesh { self == .y ? mesh : mesh.transformed((SIMD3(1, 0, 0), SIMD3(0, 0, -1), SIMD3(0, 1, 0))) }
}
