import Foundation
import Testing
import Volumes

@Suite struct VoxelizationTests {
  /// A closed ball of many triangles.
  static func ball(rings: Int = 24) -> Mesh {
    var vertices = [SIMD3<Float>](), triangles = [SIMD3<UInt32>]()
    for ring in 0...rings {
      for step in 0..<2 * rings {
        let (tilt, turn) = (Float.pi * Float(ring) / Float(rings), Float.pi * Float(step) / Float(rings))
        vertices.append(SIMD3(sin(tilt) * cos(turn), cos(tilt), sin(tilt) * sin(turn)))
      }
    }
    for ring in 0..<rings {
      for step in 0..<2 * rings {
        let next = (step + 1) % (2 * rings), here = ring * 2 * rings, below = here + 2 * rings
        triangles.append(SIMD3(UInt32(here + step), UInt32(here + next), UInt32(below + next)))
        triangles.append(SIMD3(UInt32(here + step), UInt32(below + next), UInt32(below + step)))
      }
    }
    return Mesh(vertices: vertices, triangles: triangles)
  }

  @Test func aBallIsRoundWithAMarginAroundIt() {
    let volume = Volume(Self.ball(), side: 32)
    // The volume of a ball in its cube is π/6; a voxel that is touched is full.
    let share = volume.occupancy() * 32 * 32 * 32 / (30 * 30 * 30)
    #expect(share > 0.52 && share < 0.60, "\(share)")
    #expect(volume[16, 16, 1] == 1 && volume[16, 16, 30] == 1 && volume[16, 30, 16] == 1 && volume[1, 16, 16] == 1)
    for i in 0..<32 {
      for j in 0..<32 { for end in [0, 31] { #expect(volume[end, i, j] + volume[i, end, j] + volume[i, j, end] == 0) } }
    }
    #expect(volume[16, 16, 16] == 1)
    #expect(volume.largestComponentShare() == 1)
  }

  @Test func theSurfaceOfABallIsHollow() {
    let volume = Volume(Self.ball(), side: 32, fill: .surface)
    #expect(volume[16, 16, 16] == 0 && volume[16, 16, 1] == 1)
    #expect(volume.occupancy() < 0.2)
    #expect(volume.largestComponentShare() == 1)
  }

  @Test func aBoxFillsExactlyItsVoxels() {
    // 30 by 15 by 10: what ends at a boundary does not touch the voxels behind it, in the direction that reaches the margin.
    let volume = Volume(Mesh(boxFrom: SIMD3(0, 0, 0), to: SIMD3(30, 16, 10)), side: 32)
    for z in 0..<32 {
      for y in 0..<32 {
        for x in 0..<32 {
          let isInside = (1...30).contains(x) && (8...23).contains(y) && (11...20).contains(z)
          #expect((volume[z, y, x] == 1) == isInside, "\(x) \(y) \(z)")
        }
      }
    }
  }

  @Test func aThinLegIsNeverLost() {
    // A pole much thinner than a voxel, leaning, between two plates.
    let plates = [Mesh(boxFrom: SIMD3(-1, 0, -1), to: SIMD3(1, 0.01, 1)), Mesh(boxFrom: SIMD3(-1, 2, -1), to: SIMD3(1, 2.01, 1))]
    let pole = Mesh(
      vertices: [SIMD3(-0.9, 0, -0.9), SIMD3(-0.899, 0, -0.9), SIMD3(0.7, 2, 0.8)], triangles: [SIMD3(0, 1, 2)])
    let volume = Volume(Mesh(joining: plates + [pole]), side: 32)
    #expect(volume.largestComponentShare() == 1)
    for y in 1..<31 { #expect((0..<32).contains { z in (0..<32).contains { volume[z, y, $0] == 1 } }) }
  }

  @Test func everyVoxelThatATriangleTouchesIsFullAndNoOther() {
    // A leaning triangle, against points strewn densely over it.
    let corners = [SIMD3<Float>(0, 0, 0), SIMD3(10, 3, 7), SIMD3(2, 9, 4)]
    let volume = Volume(Mesh(vertices: corners, triangles: [SIMD3(0, 1, 2)]), side: 16, margin: 1)
    // As it is placed: the longest side, along x, on fourteen voxels but for a hair.
    let scale = Float((14 - 2e-3) / 10), middle = SIMD3<Float>(5, 4.5, 3.5)
    var touched = Set<SIMD3<Int>>(), steps = 700
    for i in 0...steps {
      for j in 0...steps - i {
        let (a, b) = (Float(i) / Float(steps), Float(j) / Float(steps))
        let point = (corners[0] + (corners[1] - corners[0]) * a + (corners[2] - corners[0]) * b - middle) * scale + 8
        touched.insert(SIMD3(Int(point.x), Int(point.y), Int(point.z)))
      }
    }
    steps = volume.values.count { $0 == 1 }
    for voxel in touched { #expect(volume[voxel.z, voxel.y, voxel.x] == 1, "\(voxel)") }
    // Points miss the voxels of which only a corner is cut.
    #expect(steps >= touched.count && steps <= touched.count + touched.count / 8, "\(steps) full, \(touched.count) touched")
  }

  @Test func aMeshWithAHoleHasItsSurfaceOnly() {
    var ball = Self.ball()
    ball = Mesh(vertices: ball.vertices, triangles: Array(ball.triangles.dropFirst(600)))
    let solid = Volume(ball, side: 32), surface = Volume(ball, side: 32, fill: .surface)
    #expect(solid[16, 16, 16] == 0)
    #expect(solid.intersectionOverUnion(with: surface) > 0.95)
  }

  @Test func proportionsAreKeptUnlessStretched() {
    func extents(_ volume: Volume) -> [Int] {
      let full = volume.values.indices.filter { volume.values[$0] == 1 }
      return [full.map { $0 % 64 }, full.map { $0 / 64 % 64 }, full.map { $0 / 4096 }].map { $0.max()! - $0.min()! + 1 }
    }
    let box = Mesh(boxFrom: SIMD3(0, 0, 0), to: SIMD3(1, 2, 4))
    #expect(extents(Volume(box, side: 64))[2] == 62)
    #expect(abs(extents(Volume(box, side: 64))[1] - 31) <= 1)
    let stretched = extents(Volume(box, side: 64, stretch: SIMD3(1, 2, 0.5)))
    #expect(stretched[1] == 62 && abs(stretched[2] - 31) <= 1 && abs(stretched[0] - 16) <= 1)
  }
}
