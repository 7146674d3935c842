import Interchange

/// Wavefront's OBJ: lines `v x y z` and `f a/…/… b/…/… c/…/…`, counted from 1, or from the last one back with a minus. All else,
/// groups and materials among it, is passed over.
func readOBJ(_ bytes: [UInt8], path: String) throws(InterchangeError) -> Mesh {
  var reader = ByteReader(bytes, path: path), builder = MeshBuilder(path: path), line = 0
  // A line is hardly ever shorter than 16 bytes.
  builder.reserve(vertices: bytes.count / 128, triangles: bytes.count / 64)
  while !reader.isAtEnd {
    line += 1
    reader.skipSpace(acrossLines: false)
    let isVertex = reader.next(is: UInt8(ascii: "v")), isFace = reader.next(is: UInt8(ascii: "f"))
    if isVertex || isFace, reader.word().count == 1 {
      if isVertex {
        try builder.add(vertex: reader.coordinates(ofLine: line), at: "line \(line)")
      } else {
        try face(&reader, &line, &builder)
      }
    }
    reader.skipLine()
  }
  return try builder.mesh()
}

private func face(_ reader: inout ByteReader, _ line: inout Int, _ builder: inout MeshBuilder) throws(InterchangeError) {
  while true {
    reader.skipSpace(acrossLines: false)
    // A backslash goes on with the next line.
    if reader.take(UInt8(ascii: "\\")) {
      reader.skipLine()
      line += 1
      continue
    }
    guard let number = reader.wholeNumber() else { break }
    try builder.add(corner: number > 0 ? number - 1 : number == 0 ? -1 : builder.vertices.count + number, at: "line \(line)")
    // What follows behind a slash are texture and normal.
    _ = reader.word()
  }
  guard reader.isAtEnd || reader.next(is: 0x0A) || reader.next(is: UInt8(ascii: "#")) else {
    throw InterchangeError(
      path: reader.path, place: "line \(line)", problem: "a face has numbers of vertices, and nothing else; export the mesh again")
  }
  try builder.endPolygon(at: "line \(line)")
}
