/// A head, or the hair around it, as a stack of ellipses: at every height so wide, so deep, and so far forward.
struct HeadSurface {
  /// Half the width and depth of an ellipse, how far forward its middle is; and the slopes of the three, downward.
  struct Slice {
    var width, depth, centre: Float
  }

  private let first: Float
  private let perUnit: Float
  private let last: Float
  /// No part of it lies farther from the middle.
  private let extent: Float
  /// Of each slice its three measures and, in the upper half, their slopes.
  private let slices: [SIMD8<Float>]

  /// - Parameters:
  ///   - heights: Between which it is needed.
  ///   - profile: Of a height; where the width is negative, there is nothing.
  init(_ heights: ClosedRange<Float>, profile: (Float) -> Slice) {
    let count = 128, first = heights.lowerBound, step = (heights.upperBound - first) / Float(count - 1)
    let plain = (0..<count).map { profile(first + Float($0) * step) }
    slices = plain.indices.map { index in
      let (below, above) = (max(0, index - 1), min(count - 1, index + 1)), run = Float(above - below) * step
      let here = plain[index], a = plain[below], b = plain[above]
      return SIMD8(
        here.width, here.depth, here.centre, 0,
        (b.width - a.width) / run, (b.depth - a.depth) / run, (b.centre - a.centre) / run, 0)
    }
    (self.first, perUnit, last) = (first, 1 / step, Float(count) - 1.001)
    extent = plain.reduce(0) { max($0, $1.width, $1.depth + $1.centre) }
  }

  @inline(__always)
  private func place(_ height: Float) -> (Int, Float) {
    let place = limit((height - first) * perUnit, 0, last), index = Int(place)
    return (index, place - Float(index))
  }

  @inline(__always)
  func slice(_ height: Float) -> Slice {
    let (index, share) = place(height), a = slices[index].lowHalf, b = slices[index + 1].lowHalf
    let slice = a + (b - a) * share
    return Slice(width: slice.x, depth: slice.y, centre: slice.z)
  }

  @inline(__always)
  private func slopes(_ height: Float) -> SIMD4<Float> {
    let (index, share) = place(height), a = slices[index].highHalf, b = slices[index + 1].highHalf
    return a + (b - a) * share
  }

  /// A place on it that a pixel shows.
  struct Hit {
    /// Right and down.
    var x, y: Float
    /// Around it: the sine (to the right) and cosine (to the front) of the place on its ellipse.
    var across, front: Float
    /// How far inside the outline; negative outside, where the other numbers are those of the outline.
    var inside: Float
    /// Points outward, of any length; its forward part is the front's share of the depth.
    var normal: SIMD3<Float>
    /// What a bump of the surface changes of the normal.
    var relief: Float
  }

  /// What is seen at `x`, `y` of the picture, in units and from the middle of the head, and not leaning; nil far beside it.
  @inline(__always)
  func hit(_ x: Float, _ y: Float, _ pose: HeadPose) -> Hit? {
    guard abs(x) < extent + 0.1 else { return nil }
    var height = y, depth: Float = 0.6
    var around: (across: Float, front: Float) = (0, 1)
    var slice = Slice(width: 0, depth: 0, centre: 0), placeX: Float = 0, reach: Float = 0, offset: Float = 0
    for _ in 0..<pose.rounds {
      height = (y - depth * pose.sinTilt) * pose.perCosTilt
      slice = self.slice(height)
      let w = max(slice.width, 1e-3), d = max(slice.depth, 1e-3), wc = w * pose.cosTurn, ds = d * pose.sinTurn
      reach = (wc * wc + ds * ds).squareRoot()
      offset = x - slice.centre * pose.sinTurn
      let m = limit(offset / reach, -1, 1), n = (1 - m * m).squareRoot(), perReach = 1 / reach
      around = ((m * wc - n * ds) * perReach, (m * ds + n * wc) * perReach)
      placeX = w * around.across
      depth = (d * around.front + slice.centre) * pose.cosTurn - placeX * pose.sinTurn
    }
    let slopes = slopes(height), across = around.across, front = around.front
    let perWidth = 1 / max(slice.width, 1e-3), perDepth = 1 / max(slice.depth, 1e-3)
    let extent = slice.width > 0 ? reach : slice.width
    let inside = (extent - abs(offset)) / (1 + slopes.x * slopes.x).squareRoot()
    let vertical = -(across * across) * slopes.x * perWidth - front * (front * slopes.y + slopes.z) * perDepth
    return Hit(
      x: placeX, y: height, across: across, front: front, inside: inside,
      normal: SIMD3(across * perWidth, vertical, front * perDepth), relief: front * perDepth)
  }
}

/// How a head is turned and where it is in the picture.
struct HeadPose {
  let sinTurn, cosTurn, sinTilt, cosTilt, perCosTilt, sinRoll, cosRoll: Float
  let scale: Float
  let place: SIMD2<Float>
  /// How often a height and a depth are brought together: once suffices for a head that is not tilted.
  let rounds: Int

  init(_ view: FaceView) {
    (sinTurn, cosTurn) = Self.sineAndCosine(limit(view.turn, -0.8, 0.8))
    (sinTilt, cosTilt) = Self.sineAndCosine(limit(view.tilt, -0.5, 0.5))
    perCosTilt = 1 / cosTilt
    (sinRoll, cosRoll) = Self.sineAndCosine(limit(view.roll, -0.8, 0.8))
    scale = limit(view.scale, 0.2, 2)
    place = view.shift
    rounds = sinTilt == 0 ? 1 : 2
  }

  /// Of a small angle, by their series: the same bits on every machine.
  private static func sineAndCosine(_ angle: Float) -> (Float, Float) {
    let s = angle * angle
    return (angle * (1 - s / 6 * (1 - s / 20 * (1 - s / 42))), 1 - s / 2 * (1 - s / 12 * (1 - s / 30)))
  }

  /// From the picture's halves, −1…1, to the head's units.
  @inline(__always)
  func local(_ u: Float, _ v: Float) -> (x: Float, y: Float) {
    let (x, y) = ((u - place.x) / scale, (v - place.y) / scale)
    return (x * cosRoll + y * sinRoll, y * cosRoll - x * sinRoll)
  }

  /// The other way.
  func picture(_ x: Float, _ y: Float) -> (u: Float, v: Float) {
    (place.x + scale * (x * cosRoll - y * sinRoll), place.y + scale * (x * sinRoll + y * cosRoll))
  }

  /// Where a place in the head is seen, in the head's units, before it leans.
  func seen(_ x: Float, _ y: Float, _ z: Float) -> (x: Float, y: Float) {
    let depth = z * cosTurn - x * sinTurn
    return (x * cosTurn + z * sinTurn, y * cosTilt + depth * sinTilt)
  }

  /// A direction of the picture as one of the head.
  func turned(_ v: SIMD3<Float>) -> SIMD3<Float> {
    let leaning = SIMD3(v.x * cosRoll + v.y * sinRoll, v.y * cosRoll - v.x * sinRoll, v.z)
    let y = leaning.y * cosTilt - leaning.z * sinTilt, z = leaning.y * sinTilt + leaning.z * cosTilt
    return SIMD3(leaning.x * cosTurn - z * sinTurn, y, leaning.x * sinTurn + z * cosTurn)
  }
}
