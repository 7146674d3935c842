import Interchange

/// Stereolithography files, of bytes or of text: three corners for every triangle. Corners at the same place become one vertex.
func readSTL(_ bytes: [UInt8], path: String) throws(InterchangeError) -> Mesh {
  var reader = ByteReader(bytes, path: path)
  // Files of bytes may begin with `solid` too; their size tells.
  if bytes.count >= 84 {
    try reader.skip(80)
    let count = Int(try reader.integer(UInt32.self))
    if bytes.count == 84 + 50 * count || !bytes.starts(with: Array("solid".utf8)) { return try binary(&reader, count) }
    reader = ByteReader(bytes, path: path)
  }
  return try text(&reader)
}

private func binary(_ reader: inout ByteReader, _ count: Int) throws(InterchangeError) -> Mesh {
  guard count <= reader.remaining / 50 else {
    throw reader.damaged(
      "the file is said to have \(count) triangles, but ends after \(reader.bytes.count) bytes; it was cut short", at: 80)
  }
  guard count <= Mesh.mostTriangles else {
    throw reader.damaged("the mesh has more than \(Mesh.mostTriangles / 1_000_000) million triangles; simplify it", at: 80)
  }
  var welder = VertexWelder(path: reader.path)
  for _ in 0..<count {
    try reader.skip(12)
    for _ in 0..<3 {
      let place = reader.position
      let corner = SIMD3(try reader.float(), try reader.float(), try reader.float())
      try welder.add(corner, at: "byte \(place)")
    }
    try reader.skip(2)
    try welder.endTriangle(at: "byte \(reader.position)")
  }
  return try welder.builder.mesh()
}

private func text(_ reader: inout ByteReader) throws(InterchangeError) -> Mesh {
  guard reader.bytes.starts(with: Array("solid".utf8)) else {
    throw reader.damaged("neither an STL file of text, which starts with “solid”, nor one of bytes, which has 84 and more")
  }
  var welder = VertexWelder(path: reader.path), line = 0, corners = 0
  while !reader.isAtEnd {
    line += 1
    reader.skipSpace(acrossLines: false)
    if reader.next(is: UInt8(ascii: "v")), reader.word().elementsEqual("vertex".utf8) {
      try welder.add(reader.coordinates(ofLine: line), at: "line \(line)")
      corners += 1
      if corners % 3 == 0 { try welder.endTriangle(at: "line \(line)") }
    }
    reader.skipLine()
  }
  guard corners % 3 == 0 else {
    throw InterchangeError(
      path: reader.path, place: "line \(line)", problem: "the last triangle lacks a corner; the file was cut short")
  }
  return try welder.builder.mesh()
}

/// Gives the same vertex to corners at the same place.
struct VertexWelder {
  var builder: MeshBuilder
  private var places: [SIMD3<Float>: Int] = [:]

  init(path: String) { builder = MeshBuilder(path: path) }

  mutating func add(_ corner: SIMD3<Float>, at place: @autoclosure () -> String) throws(InterchangeError) {
    if let known = places[corner] { return try builder.add(corner: known, at: place()) }
    try builder.add(vertex: corner, at: place())
    places[corner] = builder.vertices.count - 1
    try builder.add(corner: builder.vertices.count - 1, at: place())
  }

  mutating func endTriangle(at place: @autoclosure () -> String) throws(InterchangeError) { try builder.endPolygon(at: place()) }
}
