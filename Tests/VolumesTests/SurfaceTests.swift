import Foundation
import TestSupport
import Testing
import Volumes

@Suite struct SurfaceTests {
  /// Every edge has exactly two triangles, which run along it in opposite directions.
  func expectClosed(_ mesh: Mesh, _ what: String) {
    var edges = [SIMD2<UInt32>: Int]()
    for triangle in mesh.triangles {
      for corner in 0..<3 { edges[SIMD2(triangle[corner], triangle[(corner + 1) % 3]), default: 0] += 1 }
    }
    let bad = edges.filter { $0.value != 1 || edges[SIMD2($0.key.y, $0.key.x)] != 1 }
    #expect(bad.isEmpty, "\(what): \(bad.count) of \(edges.count) edges")
    #expect(Set(mesh.vertices).count == mesh.vertices.count, "\(what): vertices fall together")
  }

  /// Six times what the triangles enclose is positive where they are counterclockwise as seen from outside.
  func enclosed(_ mesh: Mesh) -> Double {
    mesh.triangles.reduce(0) { sum, triangle in
      let (a, b, c) = (mesh.vertices[Int(triangle.x)], mesh.vertices[Int(triangle.y)], mesh.vertices[Int(triangle.z)])
      let cross = SIMD3(b.y * c.z - b.z * c.y, b.z * c.x - b.x * c.z, b.x * c.y - b.y * c.x)
      return sum + Double((a * cross).sum()) / 6
    }
  }

  /// Each of the 256 ways in which the corners of a cell can be full, in every one of its places.
  @Test func everyNeighbourhoodIsClosed() {
    for kind in 0..<256 {
      let volume = VolumeTests.volume(2) { x, y, z in kind >> (x + 2 * y + 4 * z) & 1 == 1 }
      let mesh = Mesh(surfaceOf: volume)
      expectClosed(mesh, "kind \(kind)")
      #expect(kind == 0 ? mesh.triangles.isEmpty : enclosed(mesh) > 0, "kind \(kind)")
    }
  }

  @Test func randomVolumesAreClosedToo() {
    var state: UInt64 = 1
    func next() -> Float {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(state >> 40) / Float(1 << 24)
    }
    for density: Float in [0.1, 0.5, 0.9] {
      let binary = Volume(depth: 12, height: 13, width: 14, values: (0..<12 * 13 * 14).map { _ in next() < density ? 1 : 0 })
      expectClosed(Mesh(surfaceOf: binary), "binary \(density)")
    }
    expectClosed(
      Mesh(surfaceOf: Volume(depth: 12, height: 13, width: 14, values: (0..<12 * 13 * 14).map { _ in next() })), "values")
    // Exactly at the threshold, and far from it.
    let values: [Float] = [0.5, 0, 1, 0.5000001, 0.4999999]
    expectClosed(
      Mesh(surfaceOf: Volume(depth: 9, height: 9, width: 9, values: (0..<729).map { values[$0 * 7 % 5] })), "at the threshold")
    expectClosed(Mesh(surfaceOf: VolumeTests.chair), "chair")
  }

  @Test func aSurfaceEnclosesItsVoxelsInACubeOfOne() {
    let side = 16,
      block = VolumeTests.volume(side) { x, y, z in (2...13).contains(x) && (4...11).contains(y) && (6...9).contains(z) }
    let mesh = Mesh(surfaceOf: block)
    #expect(abs(enclosed(mesh) - 12 * 8 * 4 / 4096) < 0.01)
    let bounds = mesh.bounds!
    #expect(abs(bounds.upper.x - 6.0 / 16) < 1e-5 && abs(bounds.lower.y + 4.0 / 16) < 1e-5)
    // Made voxels again, it is what it was, at the same place for a block that is in the middle.
    let again = Volume(mesh, side: side, margin: 2)
    #expect(again.intersectionOverUnion(with: block) > 0.95)
  }

  @Test func writtenMeshesAreReadAgain() throws {
    let folder = try TemporaryFolder(), mesh = Mesh(surfaceOf: VolumeTests.chair)
    for name in ["a.obj", "a.ply", "a.stl"] {
      try mesh.write(to: folder(name))
      let read = try Mesh(contentsOf: folder(name))
      #expect(read.triangles.count == mesh.triangles.count && read.vertices.count == mesh.vertices.count, "\(name)")
      expectClosed(read, name)
      #expect(abs(enclosed(read) - enclosed(mesh)) < 1e-6, "\(name)")
      #expect(read.bounds!.upper == mesh.bounds!.upper && read.bounds!.lower == mesh.bounds!.lower, "\(name): another axis is up")
    }
    #expect(throws: (any Error).self) { try mesh.write(to: folder("a.glb")) }
  }
}
