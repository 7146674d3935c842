/// Lips, and teeth where they are open.
struct MouthPainter {
  private let looks: Appearance
  private let pixel: Float
  private let smile: Float
  private let gap: Float
  private let halfWidth: Float
  private let lighting: Lighting

  init(_ painter: FacePainter) {
    (looks, pixel, lighting) = (painter.looks, painter.pixel, painter.lighting)
    smile = limit(painter.view.smile, -1, 1)
    gap = 0.075 * limit(painter.view.openMouth)
    halfWidth = looks.mouthWidth * (1 + 0.20 * max(0, smile) - 0.04 * gap)
  }

  private struct Lines {
    let u, top, upper, lower, bottom: Float
  }

  /// The four edges of the lips above and below `x`.
  @inline(__always)
  private func lines(_ x: Float) -> Lines {
    let u = x / halfWidth, s = min(1, u * u), arch = 1 - s
    // The corners rise with a smile, and sink with age.
    let middle = looks.mouthY - 0.085 * smile * (s - 0.35) + 0.03 * looks.marionette * s
    let part = arch * (1 - 0.35 * s)
    let bow = 1 - 0.30 * bell(u / 0.26) + 0.12 * bell((abs(u) - 0.28) / 0.3)
    let lip = 1 - 0.25 * max(0, smile)
    return Lines(
      u: u, top: middle - gap * 0.45 * part - looks.upperLip * lip * bow * arch * (1 + 0.35 * s), upper: middle - gap * 0.45 * part,
      lower: middle + gap * part, bottom: middle + gap * part + looks.lowerLip * lip * part * (1 + 0.5 * s))
  }

  /// How much of a place is lips.
  @inline(__always)
  func opacity(_ x: Float, _ y: Float) -> Float {
    guard abs(x) < halfWidth * 1.1, abs(y - looks.mouthY) < 0.3 else { return 0 }
    let lines = lines(x)
    return cover(min(y - lines.top, lines.bottom - y), max(pixel, 0.03)) * cover(halfWidth - abs(x), pixel)
  }

  @inline(__always)
  func color(over skin: Tint, _ x: Float, _ y: Float, _ illumination: Tint) -> Tint {
    guard abs(x) < halfWidth * 1.25, abs(y - looks.mouthY) < 0.3 else { return skin }
    let lines = lines(x), inside = cover(halfWidth - abs(x), pixel)
    let soft = max(pixel, 0.02 + 0.02 * (1 - looks.makeup))
    let lips = cover(min(y - lines.top, lines.bottom - y), soft) * inside
    // The upper lip turns away from the light, the lower one catches it.
    let isUpper = y < (lines.upper + lines.lower) / 2
    let full = limit((y - lines.lower) / max(0.01, lines.bottom - lines.lower))
    let tone = isUpper ? 0.84 : 1.02 + 0.16 * bell((full - 0.45) / 0.4) * bell(lines.u)
    var color = mix(skin, looks.lips * illumination * tone, lips)
    if gap > 0.004 {
      let open = cover(min(y - lines.upper, lines.lower - y), pixel) * inside
      if open > 0 {
        let depth = (y - lines.upper) / max(0.01, lines.lower - lines.upper)
        let teeth = ramp(0.95, 0.62, depth) * ramp(1.0, 0.72, abs(lines.u))
        let white = Tint(shown: 236, 230, 216) * Tint(1, 1 - 0.03 * looks.roughness, 1 - 0.16 * looks.roughness)
        let dark = Tint(0.05, 0.012, 0.012)
        color = mix(color, mix(dark, white * (illumination * 0.65 + Tint(repeating: 0.12)), teeth), open)
      }
    }
    let line = stroke(y - lines.upper, 0.018, pixel) * ramp(1.10, 0.92, abs(lines.u)) * (gap > 0.004 ? 0.45 : 0.78)
    color = mix(color, looks.lips * Tint(0.16, 0.08, 0.08), line)
    // Dimples at the corners.
    let corner = blob(abs(x) - halfWidth * 1.02, y - lines.upper, 0.055, 0.05)
    return color * (1 - (0.30 + 0.12 * max(0, smile)) * corner)
  }
}
