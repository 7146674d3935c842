import Pictures

/// Paints a face, from the background to the glasses: each part over what lies behind it, in linear light, with soft edges.
///
/// Lengths are in units of the head (half its height), from its middle, right and down.
struct FacePainter {
  let view: FaceView
  let looks: Appearance
  let pose: HeadPose
  let head: HeadSurface
  let hairSurface: HeadSurface
  let size: Int
  /// Of a pixel, in units of the head.
  let pixel: Float
  let grain: Noise
  let skinGrain: Noise
  let lighting: Lighting
  let relief: Relief
  private(set) var canvas: [Tint]

  init(_ face: Face, size: Int) {
    (self.size, view) = (size, face.view)
    looks = Appearance(face.identity, age: face.age)
    pose = HeadPose(face.view)
    head = looks.headSurface
    hairSurface = looks.hairSurface
    pixel = 2 / (Float(size) * pose.scale)
    grain = Noise(face.view.pattern)
    skinGrain = Noise(face.identity.pattern &+ 77)
    lighting = Lighting(face.view, pose)
    relief = Relief(looks, pose, mole: face.identity.mole, freckles: face.identity.freckles)
    canvas = [Tint](repeating: .zero, count: size * size)
  }

  /// A part of the picture in the head's units.
  struct Box {
    let left, top, right, bottom: Float

    init(_ x: ClosedRange<Float>, _ y: ClosedRange<Float>) {
      (left, right, top, bottom) = (x.lowerBound, x.upperBound, y.lowerBound, y.upperBound)
    }
  }

  /// Lays `shade` over the canvas at every pixel that shows something of `box`.
  ///
  /// - Parameter shade: Color and opacity at a place, given in the head's units, before the head leans.
  @inline(__always)
  mutating func paint(_ box: Box, _ shade: (Float, Float) -> (color: Tint, opacity: Float)) {
    let corners = [(box.left, box.top), (box.right, box.top), (box.left, box.bottom), (box.right, box.bottom)].map(pose.picture)
    func range(_ values: [Float]) -> Range<Int> {
      let half = 0.5 * Float(size)
      let low = limit((values.min()! + 1) * half - 1, 0, Float(size)), high = limit((values.max()! + 1) * half + 2, 0, Float(size))
      return Int(low)..<max(Int(low), Int(high))
    }
    let columns = range(corners.map(\.u)), rows = range(corners.map(\.v)), unit = 2 / Float(size)
    canvas.withUnsafeMutableBufferPointer { canvas in
      for row in rows {
        for column in columns {
          let (x, y) = pose.local((Float(column) + 0.5) * unit - 1, (Float(row) + 0.5) * unit - 1)
          let (color, opacity) = shade(x, y)
          guard opacity > 0 else { continue }
          let place = row * size + column
          canvas[place] = mix(canvas[place], color, min(opacity, 1))
        }
      }
    }
  }

  /// Paints all of the canvas; places are in the picture's halves, −1…1.
  mutating func paintAll(_ shade: (Float, Float) -> Tint) {
    let unit = 2 / Float(size)
    for row in 0..<size {
      for column in 0..<size {
        canvas[row * size + column] = shade((Float(column) + 0.5) * unit - 1, (Float(row) + 0.5) * unit - 1)
      }
    }
  }

  /// What was painted, as screens show it.
  func picture() -> Picture {
    var pixels = [UInt8](repeating: 0, count: 3 * canvas.count)
    for (index, color) in canvas.enumerated() {
      let light = color * view.exposure
      pixels[3 * index] = Self.shown(light.x)
      pixels[3 * index + 1] = Self.shown(light.y)
      pixels[3 * index + 2] = Self.shown(light.z)
    }
    return Picture(width: size, height: size, channels: 3, pixels: pixels)
  }

  /// Bright light runs into white slowly.
  @inline(__always)
  private static func shown(_ light: Float) -> UInt8 {
    let over = max(0, light - 0.6) / 0.4
    let bent = limit(light, 0, 0.6) + 0.4 * over / (over + 1)
    return UInt8(bent.squareRoot() * 255 + 0.5)
  }
}

/// The light of a view, as the head sees it.
struct Lighting {
  /// Towards the light, of length 1.
  let direction: SIMD3<Float>
  private let halfway: SIMD3<Float>
  private let key, sky, ground: Tint

  init(_ view: FaceView, _ pose: HeadPose) {
    direction = pose.turned(view.light)
    let half = view.light + SIMD3(0, 0, 1)
    halfway = pose.turned(half / (half * half).sum().squareRoot())
    let warm = Tint(1 + 0.10 * view.warmth, 1, 1 - 0.14 * view.warmth)
    key = warm * mix(0.56, 0.92, view.contrast)
    let ambient = mix(0.46, 0.22, view.contrast)
    sky = Tint(1 - 0.06 * view.warmth, 1, 1 + 0.08 * view.warmth) * ambient
    ground = Tint(1.05, 1, 0.92) * (ambient * 0.72)
  }

  /// What a matt surface sends back, by its normal of length 1.
  ///
  /// - Parameter depth: How deep light goes before it comes back, 0 to 1: shadows of skin are soft and red.
  @inline(__always)
  func light(_ normal: SIMD3<Float>, depth: Float = 0) -> Tint {
    let facing = (normal * direction).sum()
    let wrap = Tint(0.42, 0.24, 0.18) * depth
    let lit = (Tint(repeating: facing) + wrap) / (Tint(repeating: 1) + wrap)
    return key * limit(lit) + mix(sky, ground, limit(0.5 + 0.5 * normal.y))
  }

  /// What a glossy one adds, narrow for a large `power` of two.
  @inline(__always)
  func gloss(_ normal: SIMD3<Float>, squarings: Int) -> Float {
    var shine = max(0, (normal * halfway).sum())
    for _ in 0..<squarings { shine *= shine }
    return shine
  }

  var keyColor: Tint { key }
}

@inline(__always)
func normalized(_ vector: SIMD3<Float>) -> SIMD3<Float> { vector / max(1e-6, (vector * vector).sum().squareRoot()) }
