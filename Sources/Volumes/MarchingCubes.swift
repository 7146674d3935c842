extension Mesh {
  /// The surface where a volume's occupancy crosses `threshold`, closed, with outside on the side of lower values: marching cubes
  /// (Lorensen and Cline, 1987), in which every edge has exactly two triangles. Full voxels that only touch at an edge stay apart.
  ///
  /// The cube around the volume's longest side is of length 1, in the middle of the axes. Empty if nothing is full.
  public init(surfaceOf volume: Volume, threshold: Float = 0.5) {
    let (width, height, depth) = (volume.width, volume.height, volume.depth)
    let middle = SIMD3(Float(width), Float(height), Float(depth)) / 2, longest = Float(max(width, height, depth))
    /// The vertex on an edge of the grid, by the edge's lower corner and axis.
    var vertexOfEdge: [Int: UInt32] = [:]
    (vertices, triangles) = ([], [])
    // Cells lie between the middles of voxels; those of the border have corners outside, where all is empty.
    for z in -1..<depth {
      for y in -1..<height {
        for x in -1..<width {
          var values = SIMD8<Float>(), kind = 0
          for corner in 0..<8 {
            values[corner] = volume[z + (corner >> 2), y + (corner >> 1 & 1), x + (corner & 1)]
            if values[corner] >= threshold { kind |= 1 << corner }
          }
          let cell = MarchingCubes.cells[kind]
          guard !cell.triangles.isEmpty else { continue }
          var corners = [UInt32](repeating: 0, count: 12 + cell.loopsWithCentre.count)
          func place(_ edge: Int) -> SIMD3<Float> {
            let (from, axis) = MarchingCubes.edges[edge], to = from | 1 << axis
            // Never at a corner, so that no two vertices fall together.
            let share = (threshold - values[from]) / (values[to] - values[from])
            var point = SIMD3(Float(x + (from & 1)), Float(y + (from >> 1 & 1)), Float(z + (from >> 2))) + 0.5
            point[axis] += share.isFinite ? max(0.02, min(0.98, share)) : 0.5
            return (point - middle) / longest
          }
          for edge in 0..<12 where cell.usesEdge(edge) {
            let (from, axis) = MarchingCubes.edges[edge]
            let corner = ((z + (from >> 2) + 1) * (height + 2) + y + (from >> 1 & 1) + 1) * (width + 2) + x + (from & 1) + 1
            let key = corner * 3 + axis
            if let known = vertexOfEdge[key] {
              corners[edge] = known
            } else {
              corners[edge] = UInt32(vertices.count)
              vertexOfEdge[key] = corners[edge]
              vertices.append(place(edge))
            }
          }
          for (index, loop) in cell.loopsWithCentre.enumerated() {
            corners[12 + index] = UInt32(vertices.count)
            vertices.append(loop.reduce(SIMD3()) { $0 + place($1) } / Float(loop.count))
          }
          triangles += cell.triangles.map { SIMD3(corners[$0.x], corners[$0.y], corners[$0.z]) }
        }
      }
    }
  }
}

/// What marching cubes makes of each of the 256 ways in which the corners of a cell can be full. Corners are numbered by the bits
/// of their place: 1 for x, 2 for y, 4 for z.
private enum MarchingCubes {
  struct Cell {
    /// By edges of the cell; from 12 on, by the middles of `loopsWithCentre`.
    var triangles: [SIMD3<Int>] = []
    var loopsWithCentre: [[Int]] = []

    func usesEdge(_ edge: Int) -> Bool { triangles.contains { $0.x == edge || $0.y == edge || $0.z == edge } }
  }

  /// The lower corner and the axis of each edge.
  static let edges: [(from: Int, axis: Int)] = (0..<3).flatMap { axis in (0..<8).filter { $0 >> axis & 1 == 0 }.map { ($0, axis) } }

  /// The corners of each face, counterclockwise as seen from outside.
  private static let faces = [[0, 4, 6, 2], [1, 3, 7, 5], [0, 1, 5, 4], [2, 6, 7, 3], [0, 2, 3, 1], [4, 5, 7, 6]]

  private static func edge(_ a: Int, _ b: Int) -> Int {
    edges.firstIndex { $0.from == a & b && 1 << $0.axis == a ^ b }!
  }

  private static let facesOfEdge: [Set<Int>] = edges.map { edge in
    Set(faces.indices.filter { faces[$0].contains(edge.from) && faces[$0].contains(edge.from | 1 << edge.axis) })
  }

  static let cells: [Cell] = (0..<256).map { kind in
    // Around each face, a line runs from where the walk enters a run of full corners to where it leaves it. An edge that is
    // entered on one of its faces is left on the other, so lines join to loops, and neighbours agree on their common face.
    var next = [Int: Int]()
    for face in faces {
      for (index, corner) in face.enumerated() {
        let before = face[(index + 3) % 4]
        guard kind >> corner & 1 == 1, kind >> before & 1 == 0 else { continue }
        var last = index
        while kind >> face[(last + 1) % 4] & 1 == 1 { last += 1 }
        next[edge(before, corner)] = edge(face[last % 4], face[(last + 1) % 4])
      }
    }
    var cell = Cell()
    while let first = next.keys.min() {
      var loop = [first]
      while let following = next.removeValue(forKey: loop.last!), following != first { loop.append(following) }
      if let triangles = triangulation(loop[...]) {
        cell.triangles += triangles
      } else {
        let centre = 12 + cell.loopsWithCentre.count
        cell.triangles += loop.indices.map { SIMD3(loop[$0], loop[($0 + 1) % loop.count], centre) }
        cell.loopsWithCentre.append(loop)
      }
    }
    return cell
  }

  /// Triangles of a loop without a diagonal that lies in a face of the cell, where the neighbour could have the same; nil if there
  /// are none.
  private static func triangulation(_ loop: ArraySlice<Int>) -> [SIMD3<Int>]? {
    guard loop.count >= 3 else { return [] }
    func isInside(_ a: Int, _ b: Int) -> Bool { facesOfEdge[a].isDisjoint(with: facesOfEdge[b]) }
    let first = loop.first!, last = loop.last!
    for place in loop.indices.dropFirst().dropLast() {
      let tip = loop[place]
      guard place == loop.startIndex + 1 || isInside(first, tip), place == loop.endIndex - 2 || isInside(tip, last) else {
        continue
      }
      if let before = triangulation(loop[...place]), let after = triangulation(loop[place...]) {
        return before + [SIMD3(first, tip, last)] + after
      }
    }
    return nil
  }
}
