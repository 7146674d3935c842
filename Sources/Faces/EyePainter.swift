/// Eyes with their lids, lashes and brows, on the surface of a head.
struct EyePainter {
  private let looks: Appearance
  private let pixel: Float
  private let gaze: SIMD2<Float>
  private let light: SIMD3<Float>
  private let grain: Noise
  private let squint: Float
  private let key: Tint

  init(_ painter: FacePainter) {
    (looks, pixel, gaze, light) = (painter.looks, painter.pixel, painter.view.gaze, painter.lighting.direction)
    grain = painter.skinGrain
    key = painter.lighting.keyColor
    squint = 1 - 0.16 * max(0, painter.view.smile)
  }

  @inline(__always)
  func color(over skin: Tint, _ x: Float, _ y: Float, _ illumination: Tint) -> Tint {
    guard y > looks.browY - 0.16, y < looks.eyeY + 0.24 else { return skin }
    let side: Float = x < 0 ? -1 : 1
    var color = brow(over: skin, side * x, y, illumination)
    // In units of half the eye's width, outward from its middle and down.
    let u0 = (side * x - looks.eyeX) / looks.eyeWidth
    let unit = pixel / looks.eyeWidth
    guard abs(u0) < 1.5 else { return color }
    let v = (y - looks.eyeY) / looks.eyeWidth + looks.eyeTilt * u0, u = u0
    let s = min(1, u * u), arch = (1 - s) * (1 + 0.22 * s)
    let open = looks.eyeHeight * squint
    // The lid hangs over the outer corner when it has lost its hold.
    let upper = -open * arch * (1 - 0.10 * u) + looks.droop * 0.16 * ramp(-0.2, 0.9, u)
    let lower = open * 0.72 * (1 - s) * (1 + 0.12 * u)

    // The fold of the upper lid, and the lid below it.
    let fold = upper - (0.30 - 0.17 * looks.droop) * (1 - 0.4 * s)
    let ends = ramp(1.3, 0.85, abs(u))
    if looks.makeup > 0 { color *= 1 - 0.42 * looks.makeup * ends * ramp(fold - 0.30, fold + 0.1, v) * ramp(upper + 0.1, upper, v) }
    color *= 1 - (0.36 + 0.20 * looks.droop) * ends * limit(stroke(v - fold, 0.065, unit))

    let inside = min(v - upper, lower - v)
    let opening = cover(inside, unit) * cover(1.02 - abs(u), unit)
    if opening > 0 {
      color = mix(color, ball(u, v, upper: upper, side: side, unit: unit) * (illumination * 0.76 + Tint(repeating: 0.10)), opening)
    }

    // Lashes: thick above, and drawn out at the corner; hardly any below.
    let reach = 0.085 + 0.075 * looks.makeup
    let lashEnds = ramp(1.22 + 0.1 * looks.makeup, 0.98, abs(u))
    let lash = stroke(v - upper, reach * (1 - 0.3 * s), unit) * lashEnds * (0.86 - 0.30 * ramp(0.2, 1, looks.droop))
    color = mix(color, Tint(0.012, 0.008, 0.008), lash)
    color *= 1 - (0.34 + 0.30 * looks.makeup) * stroke(v - lower, 0.05, unit) * ramp(1.1, 0.9, abs(u))
    return color
  }

  /// White, iris, pupil and the glint on them.
  @inline(__always)
  private func ball(_ u: Float, _ v: Float, upper: Float, side: Float, unit: Float) -> Tint {
    var color = looks.sclera * (1 - 0.34 * ramp(0.55, 1, abs(u)))
    let (dx, dy) = (u - side * gaze.x * 0.30, v + 0.02 - gaze.y * 0.14)
    let distance = (dx * dx + dy * dy).squareRoot(), radius = looks.irisSize
    let t = distance / radius
    let iris = looks.iris * (0.62 + 0.75 * limit(dy / radius * 0.5 + 0.5)) * (1 - 0.62 * ramp(0.72, 1, t))
    color = mix(color, iris, cover(radius - distance, unit))
    color = mix(color, Tint(0.004, 0.004, 0.005), cover(radius * 0.46 - distance, unit))
    // The lid's shadow.
    color *= 1 - 0.48 * ramp(0.34, 0, v - upper)
    let (gx, gy) = (dx - side * light.x * 0.26, dy + 0.17)
    let glint = cover(0.15 - (gx * gx + gy * gy).squareRoot(), unit)
    return mix(color, Tint(repeating: 1.15), glint * min(1, 0.30 / unit))
  }

  /// - Parameter x: Outward from the middle of the face.
  @inline(__always)
  private func brow(over skin: Tint, _ x: Float, _ y: Float, _ illumination: Tint) -> Tint {
    let u = (x - looks.eyeX) / looks.eyeWidth
    guard abs(u) < 1.7 else { return skin }
    // Highest at two thirds, thin at its end.
    let t = limit((u + 1.15) / 2.5)
    let line = looks.browY - looks.browArch * (1 - (t - 0.62) * (t - 0.62) * 4.2) + looks.droop * 0.035 * ramp(0.5, 1, t)
    let reach = looks.browThickness * (0.72 + 0.5 * t) * ramp(1.12, 0.55, t)
    let ends = ramp(-1.30, -0.95, u) * ramp(1.48, 1.15, u)
    let bristles = 0.86 + 0.30 * grain(x * 34 + 9, y * 18)
    let opacity = cover(reach - abs(y - line), max(pixel, 0.022)) * ends * looks.browStrength * bristles
    return mix(skin, looks.brow * illumination * 0.85, limit(opacity))
  }
}
