import Foundation
import Pictures
import TestSupport
import Testing
import Volumes

@Suite struct VolumeTests {
  /// Full where `isFull` says so.
  static func volume(_ side: Int, _ isFull: (_ x: Int, _ y: Int, _ z: Int) -> Bool) -> Volume {
    Volume(
      depth: side, height: side, width: side,
      values: (0..<side * side * side).map { isFull($0 % side, $0 / side % side, $0 / (side * side)) ? 1 : 0 })
  }

  static let chair = volume(16) { x, y, z in
    let isLeg = (x == 3 || x == 12) && (z == 3 || z == 12) && y < 7
    let isSeat = (7...8).contains(y) && (3...12).contains(x) && (3...12).contains(z)
    let isBack = (9...14).contains(y) && (3...12).contains(x) && z == 3
    return isLeg || isSeat || isBack
  }

  @Test func measuresSayHowAShapeIs() {
    let two = Self.volume(8) { x, y, z in x < 2 && y < 2 && z < 2 || x == 5 && y == 5 && z > 4 }
    #expect(two.componentSizes() == [8, 3])
    #expect(abs(two.largestComponentShare() - 8.0 / 11) < 1e-12)
    #expect(two.occupancy() == 11.0 / 512)
    // Touching at an edge is not enough.
    #expect(Self.volume(4) { x, y, z in (x == 1 && y == 1 || x == 2 && y == 2) && z == 1 }.componentSizes() == [1, 1])
    #expect(Self.chair.largestComponentShare() == 1)
    let half = Self.volume(8) { x, _, _ in x < 4 }, most = Self.volume(8) { x, _, _ in x < 6 },
      none = Self.volume(8) { _, _, _ in false }
    #expect(abs(half.intersectionOverUnion(with: most) - 4.0 / 6) < 1e-12)
    #expect(half.intersectionOverUnion(with: none) == 0 && none.intersectionOverUnion(with: none) == 1)
    #expect(none.largestComponentShare() == 0)
  }

  @Test func aMirroredVolumeIsItselfMirroredAgain() {
    let volume = Self.volume(5) { x, y, z in (x * 3 + y * 5 + z) % 4 == 0 }
    #expect(volume.mirrored != volume && volume.mirrored.mirrored == volume)
    for x in 0..<5 { #expect(volume.mirrored[1, 2, x] == volume[1, 2, 4 - x]) }
  }

  @Test func writtenVolumesAreReadAgain() throws {
    let folder = try TemporaryFolder()
    let volume = Volume(depth: 3, height: 4, width: 5, values: (0..<60).map { $0 % 7 == 0 || $0 % 5 == 1 ? 1 : 0 })
    for name in ["a.npy", "a.mat"] {
      try volume.write(to: folder(name))
      #expect(try Volume.volumes(in: folder(name)) == [volume], "\(name)")
    }
    try volume.write(to: folder("b.mat"), variable: "chair")
    #expect(try Volume.volumes(in: folder("b.mat"), variable: "chair") == [volume])
    #expect(throws: (any Error).self) { try volume.write(to: folder("a.txt")) }
  }

  // MARK: Pictures

  @Test func aPictureShowsTheVolumeAndNothingElse() {
    let empty = Picture(Self.volume(8) { _, _, _ in false }, size: 32)
    #expect(empty.channels == 3 && empty.pixels.allSatisfy { $0 == 255 })
    let picture = Picture(Self.chair, size: 64)
    let drawn = stride(from: 0, to: picture.pixels.count, by: 3).count { picture.pixels[$0] < 250 }
    #expect(drawn > 400 && drawn < 2500, "\(drawn) pixels")
    // Nothing is cut off at the edges, whatever the angle.
    let full = Self.volume(8) { _, _, _ in true }
    for angle in stride(from: 0.0, to: 90, by: 15) {
      let picture = Picture(full, size: 48, angle: angle)
      for place in 0..<48 {
        for (row, column) in [(0, place), (47, place), (place, 0), (place, 47)] {
          #expect(picture.pixels[(row * 48 + column) * 3] == 255)
        }
      }
    }
  }

  @Test func lightComesFromAboveAndCornersAreDarker() {
    func brightness(_ picture: Picture, _ row: Int, _ column: Int) -> Int {
      Int(picture.pixels[(row * picture.width + column) * 3 + 1])
    }
    let cube = Picture(
      Self.volume(16) { x, y, z in (3...12).contains(x) && (3...12).contains(y) && (3...12).contains(z) }, size: 96, angle: 45)
    // The top, and the faces to the left and right below it.
    #expect(brightness(cube, 30, 48) > brightness(cube, 58, 40))
    #expect(brightness(cube, 58, 40) != brightness(cube, 58, 56))
    // A floor is darker beside a wall.
    let corner = Picture(Self.volume(16) { x, y, z in y < 2 || z < 2 }, size: 96, angle: 0)
    let column = (0..<96).map { brightness(corner, $0, 48) }
    let floor = column[60..<80].max()!
    #expect(column[46..<60].min()! < floor - 15, "\(column)")
  }

  @Test func turningGivesOtherPicturesAndAfterATurnTheSame() throws {
    let front = Picture(Self.chair, size: 32, angle: 0)
    #expect(Picture(Self.chair, size: 32, angle: 90) != front)
    #expect(Picture(Self.chair, size: 32, angle: 360).pixels == front.pixels)
    let animation = try AnimatedPNG.turning([Self.chair, Self.chair], size: 24, frames: 5)
    #expect(animation.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    let text = String(decoding: animation, as: UTF8.self)
    #expect(text.components(separatedBy: "fcTL").count == 6)
  }

  @Test func aGridHasRoomForAll() {
    let grid = Picture.grid(of: Array(repeating: Self.chair, count: 5), columns: 3, size: 20)
    #expect(grid.width == 3 * 22 + 2 && grid.height == 2 * 22 + 2)
  }
}
