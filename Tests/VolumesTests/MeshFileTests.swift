import Foundation
import Interchange
import TestSupport
import Testing
import Volumes

@Suite struct MeshFileTests {
  /// A tetrahedron in every kind of file, with its corners at the origin and on the axes.
  static let obj = """
    # a tetrahedron
    mtllib none.mtl
    v 0 0 0
    v 1.0e0 0 0 1
    v 0 +1. 0
    v 0 0 100e-2
    vt 0 0
    vn 0 0 1
    g side
    usemtl red
    f 1/1/1 3//1 2/1
    f 1 2 4 # front
    f -4 \\
      -1 -2
    f 2 3 4
    """
  static let off = "OFF4 4 6\n# corners\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n3 0 2 1 255 0 0\n3 0 1 3\n3 0 3 2\n3 1 2 3\n"
  static let ply = """
    ply
    format ascii 1.0
    comment a tetrahedron
    element vertex 4
    property float x
    property float y
    property float z
    property uchar red
    element face 4
    property list uchar int vertex_indices
    end_header
    0 0 0 255
    1 0 0 255
    0 1 0 255
    0 0 1 255
    3 0 2 1
    3 0 1 3
    3 0 3 2
    3 1 2 3

    """
  static let corners: [SIMD3<Float>] = [SIMD3(0, 0, 0), SIMD3(1, 0, 0), SIMD3(0, 1, 0), SIMD3(0, 0, 1)]
  static let faces = [[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]

  static var stlText: String {
    let facets = faces.map { face in
      "facet normal 0 0 0\nouter loop\n"
        + face.map { "vertex \(corners[$0].x) \(corners[$0].y) \(corners[$0].z)\n" }.joined() + "endloop\nendfacet\n"
    }
    return "solid tetrahedron\n" + facets.joined() + "endsolid tetrahedron\n"
  }
  static var stlBytes: [UInt8] {
    var bytes = Array("solid, as some programs begin".utf8) + [UInt8](repeating: 0, count: 51)
    bytes += [4, 0, 0, 0]
    for face in faces {
      bytes += [UInt8](repeating: 0, count: 12)
      for corner in face {
        for axis in 0..<3 { bytes += withUnsafeBytes(of: corners[corner][axis].bitPattern.littleEndian) { Array($0) } }
      }
      bytes += [0, 0]
    }
    return bytes
  }
  static func plyBytes(isBigEndian: Bool) -> [UInt8] {
    func bytes(_ word: UInt32) -> [UInt8] { withUnsafeBytes(of: isBigEndian ? word.bigEndian : word.littleEndian) { Array($0) } }
    let order = isBigEndian ? "big" : "little"
    var result = Array(ply.prefix(while: { _ in true }).replacing("ascii", with: "binary_\(order)_endian").utf8)
    let end = "end_header\n".utf8.count
    let header = result.indices.first { result[$0...].starts(with: "end_header\n".utf8) }! + end
    result.removeSubrange(header...)
    for corner in corners {
      for axis in 0..<3 { result += bytes(corner[axis].bitPattern) }
      result.append(255)
    }
    for face in faces { result += [3] + face.flatMap { bytes(UInt32($0)) } }
    return result
  }

  /// Corners of the faces, as they are read.
  func expectTetrahedron(_ bytes: [UInt8], _ format: MeshFormat) throws {
    let mesh = try Mesh(bytes, format, up: .y)
    let read = mesh.triangles.map { triangle in (0..<3).map { mesh.vertices[Int(triangle[$0])] } }
    #expect(read == Self.faces.map { $0.map { Self.corners[$0] } }, "\(format)")
    #expect(mesh.vertices.count == 4)
  }

  @Test func readsEveryKindOfMesh() throws {
    try expectTetrahedron(Array(Self.obj.utf8), .obj)
    try expectTetrahedron(Array(Self.off.utf8), .off)
    try expectTetrahedron(Array(Self.stlText.utf8), .stl)
    try expectTetrahedron(Self.stlBytes, .stl)
    try expectTetrahedron(Array(Self.ply.utf8), .ply)
    try expectTetrahedron(Self.plyBytes(isBigEndian: false), .ply)
    try expectTetrahedron(Self.plyBytes(isBigEndian: true), .ply)
    try expectTetrahedron(Array(Self.obj.replacing("\n", with: "\r\n").utf8), .obj)
  }

  @Test func whatPointsUpInAFilePointsUpInTheMesh() throws {
    // The corner on the third axis of an OFF file, as in ModelNet, is the top; the second leads to the back.
    let mesh = try Mesh(Array(Self.off.utf8), .off)
    #expect(mesh.vertices == [SIMD3(0, 0, 0), SIMD3(1, 0, 0), SIMD3(0, 0, -1), SIMD3(0, 1, 0)])
  }

  @Test func aFaceWithABayIsNotFilledAcrossIt() throws {
    // An L of three squares: two of its four triangles of a fan would lie across the corner.
    let text = "v 0 0 0\nv 2 0 0\nv 2 1 0\nv 1 1 0\nv 1 2 0\nv 0 2 0\n"
    for turned in 0..<6 {
      let face = (0..<6).map { String(($0 + turned) % 6 + 1) }.joined(separator: " ")
      let mesh = try Mesh(Array((text + "f " + face).utf8), .obj)
      let areas = mesh.triangles.map { triangle in
        let (a, b, c) = (mesh.vertices[Int(triangle.x)], mesh.vertices[Int(triangle.y)], mesh.vertices[Int(triangle.z)])
        return ((b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)) / 2
      }
      #expect(areas.count == 4 && areas.allSatisfy { $0 >= 0 } && abs(areas.reduce(0, +) - 3) < 1e-6, "\(face): \(areas)")
    }
  }

  func message(_ text: String, _ format: MeshFormat) -> String {
    do {
      _ = try Mesh(Array(text.utf8), format, path: "chair")
      return "no error"
    } catch { return "\(error)" }
  }

  @Test func saysWhatIsWrongWithAMesh() {
    let obj = Self.obj, off = Self.off, ply = Self.ply
    #expect(message(obj.replacing("100e-2", with: "nan"), .obj).hasPrefix("chair, line 6: a vertex needs three numbers"))
    #expect(
      message(obj.replacing("100e-2", with: "1e30"), .obj).contains(
        "line 6: vertex 4 has a coordinate that is no number, or far too large"))
    #expect(
      message(obj.replacing("f 2 3 4", with: "f 2 3 9"), .obj).contains(
        "line 15: a face has vertex 8 (counted from 0), but there are 4"))
    #expect(message(obj.replacing("f 2 3 4", with: "f 2 3 0"), .obj).contains("line 15: a face has vertex -1"))
    #expect(
      message(obj.replacing("f 2 3 4", with: "f 2 3 x"), .obj).contains("line 15: a face has numbers of vertices, and nothing else")
    )
    #expect(message("v 0 0 0\nv 1 1 1\n", .obj).contains("there are 2 vertices, but no faces"))
    #expect(message("", .obj).contains("there are no vertices and no faces"))
    #expect(message(off.replacing("OFF4", with: "OFF400000"), .off).contains("do not fit into the file; it was cut short"))
    #expect(message(off.replacing("3 1 2 3", with: "3 1 2 4"), .off).contains("a face has vertex 4"))
    #expect(message(off.replacing("OFF", with: "COFF"), .off).contains("an OFF file starts with OFF"))
    #expect(message(String(off.prefix(40)), .off).contains("vertex 4 of 4 needs three numbers"))
    #expect(message(ply.replacing("face 4", with: "face 40000000"), .ply).contains("do not fit into the file"))
    #expect(message(ply.replacing("3 1 2 3", with: "3 1 2 nan"), .ply).contains("a number is expected here"))
    #expect(message(ply.replacing("property float z\n", with: ""), .ply).contains("no number, or far too large"))
    #expect(message("ply\nformat ascii 2.0", .ply).contains("the header has no end; the file was cut short"))
    #expect(message("hello", .stl).contains("neither an STL file of text"))
    #expect(message(String(Self.stlText.prefix(170)), .stl).contains("the last triangle lacks a corner; the file was cut short"))
  }

  @Test func aFileOfBytesWithNoNumberInItOrCutShortIsRefused() {
    var bytes = Self.stlBytes
    bytes[84 + 12 + 3] = 0x7F
    bytes[84 + 12 + 2] = 0xC0
    #expect(throws: InterchangeError.self) { try Mesh(bytes, .stl) }
    #expect(throws: InterchangeError.self) { try Mesh(Array(Self.stlBytes.dropLast(10)), .stl) }
    #expect(throws: InterchangeError.self) { try Mesh(Array(Self.plyBytes(isBigEndian: true).dropLast(2)), .ply) }
  }

  @Test func aMillionFacesAreReadAndMadeVoxelsSoon() throws {
    // A bent sheet of 708×708 squares.
    let side = 708
    var text = ""
    for row in 0...side { for column in 0...side { text += "v \(column) \((row * row) / 500) \(row)\n" } }
    for row in 0..<side {
      for column in 0..<side {
        let corner = row * (side + 1) + column + 1
        text += "f \(corner) \(corner + 1) \(corner + side + 2) \(corner + side + 1)\n"
      }
    }
    let bytes = Array(text.utf8), began = ContinuousClock.now
    let mesh = try Mesh(bytes, .obj)
    #expect(mesh.triangles.count == 2 * side * side)
    #expect(Volume(mesh, side: 64).occupancy() > 0.01)
    // A second on a quiet machine.
    #expect(ContinuousClock.now - began < .seconds(60))
  }
}
