import Volumes

/// `shapes`: aeroplanes, chairs and tables of boxes, 200 of each for training and 20 for validation, drawn from a fixed seed: for
/// machines without the models of `furniture`.
enum ProceduralShapes {
  static let name = "shapes"
  static let classNames = ["chair", "plane", "table"]

  static func load(side: Int, settings: VolumeSettings) -> DatasetSplit {
    func part(_ range: Range<Int>, _ settings: VolumeSettings) -> MeshDataset {
      let places = range.flatMap { number in classNames.indices.map { (number, $0) } }
      let meshes = places.map { number, kind in
        var draw = RandomWords(seed: 2016, epoch: kind, purpose: .sample(number))
        return [chair, plane, table][kind](&draw)
      }
      return MeshDataset(
        meshes, names: places.map { "\(classNames[$1]) \($0)" }, labels: places.map(\.1), classNames: classNames, side: side,
        settings: settings)
    }
    return DatasetSplit(training: part(0..<200, settings), validation: part(200..<220, settings.withoutVariation))
  }

  /// From a lower corner on.
  private static func box(_ x: Float, _ y: Float, _ z: Float, width: Float, height: Float, depth: Float) -> Mesh {
    Mesh(boxFrom: SIMD3(x, y, z), to: SIMD3(x + width, y + height, z + depth))
  }

  private static func between(_ lower: Float, _ upper: Float, _ draw: inout RandomWords) -> Float {
    lower + (upper - lower) * draw.nextUniform()
  }

  /// Four legs under a rectangle around the middle of the ground.
  private static func legs(width: Float, depth: Float, height: Float, thickness: Float) -> [Mesh] {
    let right = width / 2 - thickness, front = depth / 2 - thickness
    return [(-width / 2, -depth / 2), (right, -depth / 2), (-width / 2, front), (right, front)].map { x, z in
      box(x, 0, z, width: thickness, height: height, depth: thickness)
    }
  }

  private static func chair(_ draw: inout RandomWords) -> Mesh {
    let width = between(0.8, 1.2, &draw), depth = between(0.8, 1.1, &draw), seat = between(0.7, 1.0, &draw)
    let back = between(0.7, 1.4, &draw), thickness = between(0.08, 0.14, &draw), board = between(0.06, 0.16, &draw)
    let left = -width / 2, right = width / 2 - thickness, behind = -depth / 2
    var parts = legs(width: width, depth: depth, height: seat, thickness: thickness)
    parts.append(box(left, seat, behind, width: width, height: board, depth: depth))
    let kind = draw.next(below: 3)
    if kind == 0 {
      parts.append(box(left, seat, behind, width: width, height: back, depth: board))
    } else {
      // A frame with a bar at its top, and bars across or upright.
      for x in [left, right] { parts.append(box(x, seat, behind, width: thickness, height: back, depth: thickness)) }
      parts.append(box(left, seat + back * 0.75, behind, width: width, height: back * 0.25, depth: thickness))
      for part: Float in [1 / 3, 2 / 3] {
        if kind == 1 {
          parts.append(box(left, seat + back * part * 0.75, behind, width: width, height: thickness, depth: thickness))
        } else {
          let x = left + width * part - thickness / 2
          parts.append(box(x, seat, behind, width: thickness, height: back, depth: thickness))
        }
      }
    }
    if draw.next(below: 3) == 0 {
      let rest = board + between(0.2, 0.35, &draw)
      for x in [left, right] {
        parts.append(box(x, seat + rest, behind, width: thickness, height: thickness, depth: depth))
        parts.append(box(x, seat, depth / 2 - thickness, width: thickness, height: rest, depth: thickness))
      }
    }
    return Mesh(joining: parts)
  }

  private static func table(_ draw: inout RandomWords) -> Mesh {
    let width = between(1.2, 2.2, &draw), depth = between(0.8, 1.3, &draw), height = between(0.5, 1.1, &draw)
    let thickness = between(0.08, 0.18, &draw), board = between(0.06, 0.16, &draw)
    let left = -width / 2, behind = -depth / 2
    var parts = [box(left, height, behind, width: width, height: board, depth: depth)]
    switch draw.next(below: 3) {
    case 0: parts += legs(width: width * 0.94, depth: depth * 0.94, height: height, thickness: thickness)
    case 1:
      let post = thickness * 1.6, foot = min(width, depth) * 0.6
      parts.append(box(-post / 2, 0, -post / 2, width: post, height: height, depth: post))
      parts.append(box(-foot / 2, 0, -foot / 2, width: foot, height: board, depth: foot))
    default:
      for x in [left, width / 2 - board] { parts.append(box(x, 0, behind, width: board, height: height, depth: depth)) }
      let shelf = height * between(0.2, 0.6, &draw)
      parts.append(box(left, shelf, behind, width: width, height: board, depth: depth))
    }
    return Mesh(joining: parts)
  }

  private static func plane(_ draw: inout RandomWords) -> Mesh {
    let length = between(1.8, 2.4, &draw), body = between(0.18, 0.3, &draw), span = between(1.6, 2.6, &draw)
    let chord = between(0.3, 0.5, &draw), sweep = between(0, 0.5, &draw), wing = between(0.05, 0.09, &draw)
    let nose = length / 2 - body, stern = -length / 2
    var parts = [
      box(-body / 2, 0, stern, width: body, height: body, depth: length - body),
      box(-body / 3, body * 0.15, nose, width: body * 0.67, height: body * 0.65, depth: body),
    ]
    let height = between(0.05, 0.7, &draw) * body
    func wings(span: Float, chord: Float, y: Float, z: Float, sweep: Float) {
      for side: Float in [-1, 1] {
        // From the body outwards, leading and trailing edge, below and above.
        let root = SIMD2<Float>(z, z - chord), tip = SIMD2<Float>(z - sweep, z - sweep - chord * 0.55)
        var vertices = [SIMD3<Float>]()
        for (x, edges) in [(Float(0), root), (side * span / 2, tip)] {
          for edge in [edges.x, edges.y] { for level in [y, y + wing] { vertices.append(SIMD3(x, level, edge)) } }
        }
        let faces: [[UInt32]] = [[0, 2, 6, 4], [1, 5, 7, 3], [0, 4, 5, 1], [2, 3, 7, 6], [4, 6, 7, 5], [0, 1, 3, 2]]
        parts.append(
          Mesh(vertices: vertices, triangles: faces.flatMap { [SIMD3($0[0], $0[1], $0[2]), SIMD3($0[0], $0[2], $0[3])] }))
      }
    }
    wings(span: span, chord: chord, y: height, z: length * 0.12 + chord / 2, sweep: sweep)
    let tail = stern + chord * 0.6
    wings(span: span * 0.38, chord: chord * 0.6, y: body * 0.6, z: tail, sweep: sweep * 0.4)
    let fin = body * 0.2 + between(0.3, 0.5, &draw)
    parts.append(box(-wing / 2, body * 0.8, stern, width: wing, height: fin, depth: chord * 0.6))
    if draw.next() & 1 == 0 {
      let size = body * 0.5, z = length * 0.05 - sweep * 0.4
      for side: Float in [-1, 1] {
        let x = side * span * 0.22 - size / 2
        parts.append(box(x, height - size, z, width: size, height: size, depth: chord * 0.8))
      }
    }
    return Mesh(joining: parts)
  }
}
