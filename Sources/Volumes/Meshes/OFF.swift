import Interchange

/// Geomview's OFF in its plain form: the numbers of vertices, faces and edges, then vertices, then faces with their numbers of
/// corners. In ModelNet's the first number sometimes stands on the line of `OFF`.
func readOFF(_ bytes: [UInt8], path: String) throws(InterchangeError) -> Mesh {
  var reader = ByteReader(bytes, path: path), builder = MeshBuilder(path: path)
  reader.skipBlank()
  let start = reader.position
  guard reader.take(UInt8(ascii: "O")), reader.take(UInt8(ascii: "F")), reader.take(UInt8(ascii: "F")) else {
    throw reader.damaged(
      "an OFF file starts with OFF; those with colours, normals or four coordinates (COFF, NOFF, 4OFF) are not read", at: start)
  }
  func count(_ what: String) throws(InterchangeError) -> Int {
    reader.skipBlank()
    guard let value = reader.wholeNumber(), value >= 0 else { throw reader.damaged("the number of \(what) is expected here") }
    return value
  }
  let vertices = try count("vertices"), faces = try count("faces")
  _ = try count("edges")
  // Each takes several bytes; more cannot be there.
  guard vertices <= reader.remaining / 6 + 1, faces <= reader.remaining / 4 + 1 else {
    throw reader.damaged("\(vertices) vertices and \(faces) faces do not fit into the file; it was cut short")
  }
  builder.reserve(vertices: vertices, triangles: faces)
  for number in 0..<vertices {
    var vertex = SIMD3<Float>()
    for axis in 0..<3 {
      reader.skipBlank()
      guard let value = reader.decimalNumber() else {
        throw reader.damaged("vertex \(number + 1) of \(vertices) needs three numbers")
      }
      vertex[axis] = Float(value)
    }
    try builder.add(vertex: vertex, at: "byte \(reader.position)")
  }
  for number in 0..<faces {
    let corners = try count("corners of face \(number + 1) of \(faces)")
    guard corners <= reader.remaining else { throw reader.damaged("face \(number + 1) is said to have \(corners) corners") }
    for _ in 0..<corners {
      reader.skipBlank()
      guard let corner = reader.wholeNumber() else { throw reader.damaged("face \(number + 1) lacks a corner") }
      try builder.add(corner: corner, at: "byte \(reader.position)")
    }
    try builder.endPolygon(at: "byte \(reader.position)")
    // A colour may follow.
    reader.skipLine()
  }
  return try builder.mesh()
}

extension ByteReader {
  /// Takes spaces, line ends and comments.
  fileprivate mutating func skipBlank() {
    skipSpace(acrossLines: true)
    while next(is: UInt8(ascii: "#")) {
      skipLine()
      skipSpace(acrossLines: true)
    }
  }
}
