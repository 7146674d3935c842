import Files
import Foundation

extension Mesh {
  /// Writes an OBJ file of text, or an STL or PLY file of bytes, as the end of the name says, with the axis up that is usual in its
  /// kind; what was there is replaced as a whole.
  ///
  /// - Throws: `FileError`, also if the name ends otherwise.
  public func write(to url: URL) throws {
    let format = MeshFormat(url), mesh = format?.usualUp.asInFile(self) ?? self
    switch format {
    case .obj: try writeAtomically(mesh.obj, to: url)
    case .stl: try writeAtomically(mesh.stl, to: url)
    case .ply: try writeAtomically(mesh.ply, to: url)
    case .off, nil:
      throw FileError(.write, url.path, reason: "its name ends in none of .obj, .stl and .ply, as which meshes are written")
    }
  }

  private var obj: String {
    var text = "# \(vertices.count) vertices, \(triangles.count) triangles, by Figment\n"
    for vertex in vertices { text += "v \(vertex.x) \(vertex.y) \(vertex.z)\n" }
    for triangle in triangles { text += "f \(triangle.x + 1) \(triangle.y + 1) \(triangle.z + 1)\n" }
    return text
  }

  private var stl: [UInt8] {
    var bytes = Array("binary STL by Figment".utf8)
    bytes += [UInt8](repeating: 0x20, count: 80 - bytes.count)
    bytes.append(word: UInt32(triangles.count))
    for triangle in triangles {
      let corners = (0..<3).map { vertices[Int(triangle[$0])] }
      let (p, q) = (corners[1] - corners[0], corners[2] - corners[0])
      let normal = SIMD3(p.y * q.z - p.z * q.y, p.z * q.x - p.x * q.z, p.x * q.y - p.y * q.x)
      let length = (normal * normal).sum().squareRoot()
      for vector in [length > 0 ? normal / length : normal] + corners { bytes.append(vector: vector) }
      bytes += [0, 0]
    }
    return bytes
  }

  private var ply: [UInt8] {
    var bytes = Array(
      """
      ply
      format binary_little_endian 1.0
      comment by Figment
      element vertex \(vertices.count)
      property float x
      property float y
      property float z
      element face \(triangles.count)
      property list uchar int vertex_indices
      end_header

      """.utf8)
    for vertex in vertices { bytes.append(vector: vertex) }
    for triangle in triangles {
      bytes.append(3)
      for corner in 0..<3 { bytes.append(word: triangle[corner]) }
    }
    return bytes
  }
}

extension [UInt8] {
  fileprivate mutating func append(word: UInt32) { Swift.withUnsafeBytes(of: word.littleEndian) { append(contentsOf: $0) } }
  fileprivate mutating func append(vector: SIMD3<Float>) { for axis in 0..<3 { append(word: vector[axis].bitPattern) } }
}
