import Interchange

/// Collects what a file says of a mesh, and checks it.
struct MeshBuilder {
  let path: String
  private(set) var vertices: [SIMD3<Float>] = []
  private(set) var triangles: [SIMD3<UInt32>] = []
  /// Of the polygon that is being added.
  private var corners: [UInt32] = []

  init(path: String) { self.path = path }

  func damaged(_ place: @autoclosure () -> String, _ problem: String) -> InterchangeError {
    InterchangeError(path: path, place: place(), problem: problem)
  }

  mutating func reserve(vertices: Int, triangles: Int) {
    self.vertices.reserveCapacity(vertices)
    self.triangles.reserveCapacity(triangles)
  }

  mutating func add(vertex: SIMD3<Float>, at place: @autoclosure () -> String) throws(InterchangeError) {
    // Beyond this, squares of distances are no 32-bit floats any more.
    guard abs(vertex.x) < 1e18, abs(vertex.y) < 1e18, abs(vertex.z) < 1e18 else {
      throw damaged(
        place(), "vertex \(vertices.count + 1) has a coordinate that is no number, or far too large; export the mesh again")
    }
    guard vertices.count < 3 * Mesh.mostTriangles else { throw tooLarge(place()) }
    vertices.append(vertex)
  }

  /// The next corner of the polygon, counted from 0.
  mutating func add(corner: Int, at place: @autoclosure () -> String) throws(InterchangeError) {
    guard corner >= 0, corner < vertices.count else {
      throw damaged(
        place(),
        "a face has vertex \(corner) (counted from 0), but there are \(vertices.count); the file was cut short or is damaged")
    }
    corners.append(UInt32(corner))
  }

  /// Makes triangles of the corners; of fewer than three none.
  mutating func endPolygon(at place: @autoclosure () -> String) throws(InterchangeError) {
    defer { corners.removeAll(keepingCapacity: true) }
    guard corners.count >= 3 else { return }
    guard triangles.count + corners.count - 2 <= Mesh.mostTriangles else { throw tooLarge(place()) }
    if corners.count == 3 {
      triangles.append(SIMD3(corners[0], corners[1], corners[2]))
    } else {
      triangles += triangulation(of: corners, vertices)
    }
  }

  private func tooLarge(_ place: String) -> InterchangeError {
    damaged(place, "the mesh has more than \(Mesh.mostTriangles / 1_000_000) million triangles; simplify it")
  }

  func mesh() throws(InterchangeError) -> Mesh {
    guard !triangles.isEmpty else {
      throw damaged(
        "end", vertices.isEmpty ? "there are no vertices and no faces" : "there are \(vertices.count) vertices, but no faces")
    }
    return Mesh(vertices: vertices, triangles: triangles)
  }
}

/// The triangles of a flat polygon, which may have bays: ears are cut off one after the other.
private func triangulation(of polygon: [UInt32], _ vertices: [SIMD3<Float>]) -> [SIMD3<UInt32>] {
  // On the plane of the two axes that it extends most in, counterclockwise. Newell's normal is that of the whole polygon.
  var normal = SIMD3<Double>()
  let corners = polygon.map { SIMD3<Double>(vertices[Int($0)]) }
  for (index, corner) in corners.enumerated() {
    let next = corners[(index + 1) % corners.count]
    normal += SIMD3(
      (corner.y - next.y) * (corner.z + next.z), (corner.z - next.z) * (corner.x + next.x),
      (corner.x - next.x) * (corner.y + next.y))
  }
  let size = SIMD3(abs(normal.x), abs(normal.y), abs(normal.z))
  let axis = size.x >= size.y && size.x >= size.z ? 0 : size.y >= size.z ? 1 : 2
  let sign = normal[axis] < 0 ? -1.0 : 1
  let points = corners.map { SIMD2($0[(axis + 1) % 3], $0[(axis + 2) % 3] * sign) }
  func turn(_ a: Int, _ b: Int, _ c: Int) -> Double {
    let first = points[b] - points[a], second = points[c] - points[a]
    return first.x * second.y - first.y * second.x
  }

  var rest = Array(polygon.indices), result = [SIMD3<UInt32>]()
  // Cutting takes a cubic time at worst; of very large polygons, and of what crosses itself, a fan is made.
  let isConvex = rest.count > 256 || rest.allSatisfy { turn($0, ($0 + 1) % rest.count, ($0 + 2) % rest.count) >= 0 }
  while rest.count > 3, !isConvex {
    let ear = rest.indices.first { place in
      let (before, here, after) = (rest[(place + rest.count - 1) % rest.count], rest[place], rest[(place + 1) % rest.count])
      guard turn(before, here, after) > 0 else { return false }
      return !rest.contains { other in
        other != before && other != here && other != after && turn(before, here, other) >= 0 && turn(here, after, other) >= 0
          && turn(after, before, other) >= 0
      }
    }
    guard let ear else { break }
    let before = rest[(ear + rest.count - 1) % rest.count], after = rest[(ear + 1) % rest.count]
    result.append(SIMD3(polygon[before], polygon[rest[ear]], polygon[after]))
    rest.remove(at: ear)
  }
  for place in 1..<rest.count - 1 { result.append(SIMD3(polygon[rest[0]], polygon[rest[place]], polygon[rest[place + 1]])) }
  return result
}
