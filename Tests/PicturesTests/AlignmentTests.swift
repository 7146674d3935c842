import Pictures
import Testing

/// Faces turned upright by their eyes, against Pillow: see `Fixtures/alignment.py`.
@Suite struct AlignmentTests {
  @Test(arguments: [
    ("reduced", SIMD2(15.3, 18.1), SIMD2(30.7, 22.6)), ("enlarged", SIMD2(8.25, 7.5), SIMD2(11.0, 6.25)),
    ("beyond the edge", SIMD2(4.0, 10.0), SIMD2(20.0, 14.0)),
  ])
  func facesAreTurnedAsPillowTurnsThem(name: String, left: SIMD2<Double>, right: SIMD2<Double>) throws {
    let picture = try PictureFixtures.picture("\(name) picture", in: "alignment")
    let expected = try PictureFixtures.picture("\(name) turned", in: "alignment")
    let mask = try PictureFixtures.picture("\(name) mask", in: "alignment")
    let eyes = try #require(EyePositions(right, left))
    let turned = picture.aligned(by: eyes, width: expected.width, height: expected.height)
    var inside = 0
    for (index, isInside) in mask.pixels.enumerated() where isInside == 255 {
      inside += 1
      for channel in 3 * index..<3 * index + 3 {
        #expect(abs(Int(turned.pixels[channel]) - Int(expected.pixels[channel])) <= 1, "\(name), value \(channel)")
      }
    }
    #expect(inside >= mask.pixels.count / 4)
  }

  /// What lies beyond the edge is as at the edge, and eyes that are turned onto themselves change nothing.
  @Test func aFaceInItsPlaceStaysAsItIs() throws {
    let picture = Picture(width: 64, height: 64, channels: 1, pixels: (0..<64 * 64).map { UInt8($0 * 7 % 251) })
    let place = try #require(EyePositions(SIMD2(0.3580 * 64, 0.3549 * 64), SIMD2(0.6317 * 64, 0.3549 * 64)))
    #expect(picture.aligned(by: place, width: 64, height: 64) == picture)
    let grey = Picture(width: 5, height: 3, channels: 3, pixels: Array(repeating: 90, count: 45))
    let far = try #require(EyePositions(SIMD2(-40, 2), SIMD2(60, 90)))
    for size in [1, 3, 16] { #expect(grey.aligned(by: far, width: size, height: size).pixels.allSatisfy { $0 == 90 }) }
  }

  @Test func eyesInOnePlaceAreNone() {
    #expect(EyePositions(SIMD2(3, 3), SIMD2(3.5, 3.5)) == nil)
    #expect(EyePositions(SIMD2(.infinity, 3), SIMD2(3, 3)) == nil && EyePositions(SIMD2(.nan, 3), SIMD2(3, 3)) == nil)
  }
}
