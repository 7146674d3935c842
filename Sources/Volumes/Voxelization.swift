/// Which voxels a mesh fills.
public enum VoxelFill: String, Codable, CaseIterable, Hashable, Sendable {
  /// Those that a triangle touches.
  case surface
  /// Those too that cannot be reached from outside. A mesh with holes is full only where it is closed.
  case solid
}

extension Volume {
  /// The largest number of voxels on a side of a volume.
  public static let largestSide = 512

  /// A mesh in a cube of `side` voxels: in the middle, as large as it can be with its proportions kept and `margin` voxels empty
  /// around it.
  ///
  /// - Parameter stretch: By what the mesh is stretched along x, y and z beforehand.
  /// - Precondition: `side` is larger than twice the margin, and at most ``largestSide``; the mesh has a triangle.
  public init(_ mesh: Mesh, side: Int, fill: VoxelFill = .solid, margin: Int = 1, stretch: SIMD3<Float> = .one) {
    precondition(margin >= 0 && side > 2 * margin && side <= Self.largestSide, "\(side) voxels with \(margin) empty at either end")
    guard let bounds = mesh.bounds else { preconditionFailure("a mesh without triangles fills no voxels") }
    let lower = SIMD3<Double>(bounds.lower) * SIMD3(stretch), upper = SIMD3<Double>(bounds.upper) * SIMD3(stretch)
    // A little within the voxels, so that what ends at a boundary does not touch those behind it.
    let room = Double(side - 2 * margin) - 2 * 1e-3, extent = (upper - lower).max()
    let scale = extent > 0 ? room / extent : 1, middle = (lower + upper) / 2
    var grid = [UInt8](repeating: 0, count: side * side * side)
    grid.withUnsafeMutableBufferPointer { grid in
      var rasterizer = TriangleRasterizer(grid: grid.baseAddress!, side: side)
      let factor = SIMD3<Double>(stretch) * scale, offset = Double(side) / 2 - middle * scale
      let places = mesh.vertices.map { SIMD3<Double>($0) * factor + offset }
      places.withUnsafeBufferPointer { places in
        for triangle in mesh.triangles {
          rasterizer.mark(places[Int(triangle.x)], places[Int(triangle.y)], places[Int(triangle.z)])
        }
      }
      if fill == .solid { fillInside(grid.baseAddress!, side: side) }
    }
    self.init(depth: side, height: side, width: side, values: grid.map(Float.init))
  }
}

/// Marks the voxels that a triangle touches: those that no axis separates from it, of the cube's edges, the triangle's normal and
/// their products (Akenine-Möller, 2001), the products as edges of the projections (Schwarz and Seidel, 2010).
private struct TriangleRasterizer {
  let grid: UnsafeMutablePointer<UInt8>
  let side: Int

  /// Voxels whose distance is only rounding are touched.
  private static let tolerance = 1e-6

  /// An edge in the projection onto two axes: a voxel touches the triangle's side of it if `u·x + v·y + offset` is not negative.
  private struct Edge {
    let u: Double, v: Double, offset: Double
    init(_ a: SIMD2<Double>, _ b: SIMD2<Double>, sign: Double) {
      (u, v) = (-(b.y - a.y) * sign, (b.x - a.x) * sign)
      // From the voxel's lower corner to the one that is farthest inside.
      offset = -(u * a.x + v * a.y) + max(0, u) + max(0, v) + TriangleRasterizer.tolerance * (abs(u) + abs(v))
    }
    func isTouched(_ x: Double, _ y: Double) -> Bool { u * x + v * y + offset >= 0 }
  }
  private struct Projection {
    let first: Edge, second: Edge, third: Edge
    /// - Parameter normal: The triangle's, along the axis that is left out; its sign says which way the corners go around.
    init(_ a: SIMD2<Double>, _ b: SIMD2<Double>, _ c: SIMD2<Double>, normal: Double) {
      let sign = normal < 0 ? -1.0 : 1
      first = Edge(a, b, sign: sign)
      second = Edge(b, c, sign: sign)
      third = Edge(c, a, sign: sign)
    }
    func isTouched(_ x: Int, _ y: Int) -> Bool {
      let (x, y) = (Double(x), Double(y))
      return first.isTouched(x, y) && second.isTouched(x, y) && third.isTouched(x, y)
    }
  }

  mutating func mark(_ a: SIMD3<Double>, _ b: SIMD3<Double>, _ c: SIMD3<Double>) {
    let lower = range(pointwiseMin(a, pointwiseMin(b, c)) - Self.tolerance),
      upper = range(pointwiseMax(a, pointwiseMax(b, c)) + Self.tolerance)
    // Most triangles of detailed meshes lie within one voxel.
    if lower == upper { return set(lower.x, lower.y, lower.z) }
    let p = b - a, q = c - a
    let normal = SIMD3(p.y * q.z - p.z * q.y, p.z * q.x - p.x * q.z, p.x * q.y - p.y * q.x)
    // Columns run along the axis that the triangle faces most, so that few voxels of each are near its plane.
    let size = SIMD3(abs(normal.x), abs(normal.y), abs(normal.z))
    let w = size.x >= size.y && size.x >= size.z ? 0 : size.y >= size.z ? 1 : 2, u = (w + 1) % 3, v = (w + 2) % 3
    func projection(_ x: Int, _ y: Int, _ axis: Int) -> Projection {
      Projection(SIMD2(a[x], a[y]), SIMD2(b[x], b[y]), SIMD2(c[x], c[y]), normal: normal[axis])
    }
    let facing = projection(u, v, w), along = projection(v, w, u), across = projection(w, u, v)
    let isThin = size[w] < 1e-12
    // The plane's height above a column: w = height − slope·(u, v), over all of the voxel's base.
    let slope = isThin ? SIMD2() : SIMD2(normal[u], normal[v]) / normal[w]
    let height = isThin ? 0 : (normal * a).sum() / normal[w]
    let least = -max(0, slope.x) - max(0, slope.y) - Self.tolerance, most = -min(0, slope.x) - min(0, slope.y) + Self.tolerance
    var place = SIMD3<Int>()
    for i in lower[u]...upper[u] {
      for j in lower[v]...upper[v] where facing.isTouched(i, j) {
        var first = lower[w], last = upper[w]
        if !isThin {
          let base = height - slope.x * Double(i) - slope.y * Double(j)
          first = max(first, Int((base + least).rounded(.down)))
          last = min(last, Int((base + most).rounded(.down)))
        }
        guard first <= last else { continue }
        for k in first...last where along.isTouched(j, k) && across.isTouched(k, i) {
          place[u] = i
          place[v] = j
          place[w] = k
          set(place.x, place.y, place.z)
        }
      }
    }
  }

  private func set(_ x: Int, _ y: Int, _ z: Int) { grid[(z * side + y) * side + x] = 1 }

  private func range(_ corner: SIMD3<Double>) -> SIMD3<Int> {
    func clamped(_ value: Double) -> Int { max(0, min(side - 1, Int(value.rounded(.down)))) }
    return SIMD3(clamped(corner.x), clamped(corner.y), clamped(corner.z))
  }
}

/// Fills what cannot be reached from the sides of the grid through empty voxels that share a face.
private func fillInside(_ grid: UnsafeMutablePointer<UInt8>, side: Int) {
  let outside: UInt8 = 2, plane = side * side
  var waiting = [Int32]()
  func reach(_ place: Int) {
    guard grid[place] == 0 else { return }
    grid[place] = outside
    waiting.append(Int32(place))
  }
  for i in 0..<side {
    for j in 0..<side {
      for end in [0, side - 1] {
        reach((end * side + i) * side + j)
        reach((i * side + end) * side + j)
        reach((i * side + j) * side + end)
      }
    }
  }
  while let last = waiting.popLast() {
    let place = Int(last), x = place % side, y = place / side % side, z = place / plane
    if x > 0 { reach(place - 1) }
    if x < side - 1 { reach(place + 1) }
    if y > 0 { reach(place - side) }
    if y < side - 1 { reach(place + side) }
    if z > 0 { reach(place - plane) }
    if z < side - 1 { reach(place + plane) }
  }
  for place in 0..<side * plane { grid[place] = grid[place] == outside ? 0 : 1 }
}
