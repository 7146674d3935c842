extension FacePainter {
  /// Hair that hangs behind the neck, a knot on top, and what stands off the back of the head.
  mutating func paintHairBehind() {
    let hair = looks.hair, surface = hairSurface, pose = pose, pixel = pixel, lighting = lighting
    let painter = HairPainter(self)
    if hair.knot > 0 {
      let place = pose.seen(hair.parting * 0.2, -1 - hair.top - hair.knot * 0.35, -0.25), radius = hair.knot
      paint(Box(place.x - radius * 1.3...place.x + radius * 1.3, place.y - radius * 1.3...place.y + radius * 1.3)) { x, y in
        let (u, v) = ((x - place.x) / radius, (y - place.y) / (radius * 0.85))
        let distance = (u * u + v * v).squareRoot()
        let edge = 1 - distance + 0.07 * hair.strands(u * 4, v * 4)
        let normal = normalized(SIMD3(u, v, 1.15 - 0.6 * distance))
        let color = painter.albedo(x: u * 0.5 + v * 0.8, y: v, around: 0) * lighting.light(normal)
        return (color, cover(edge * radius, pixel))
      }
    }
    guard hair.baldness < 0.9 else { return }
    let end = hair.length ?? 0.52
    paint(Box(-1.6...1.6, -1.7...end + 0.3)) { x, y in
      // The head and the neck hide the rest.
      guard y > -0.9, abs(x) > 0.45 || y > 0.62, let hit = surface.hit(x, y, pose) else { return (.zero, 0) }
      let edge = painter.outline(hit)
      guard edge > -pixel else { return (.zero, 0) }
      let tip = end - hit.y + painter.ends(hit.x)
      // What is above the ears is painted in front.
      let opacity = cover(edge, pixel) * cover(tip, max(pixel, 0.05)) * ramp(-0.7, -0.45, hit.y)
      guard opacity > 0 else { return (.zero, 0) }
      let inner = limit(abs(x) / 0.75)
      let shade = 0.30 + 0.42 * inner * inner
      let normal = normalized(SIMD3(hit.across, -0.1, 0.55))
      return (painter.albedo(x: hit.x, y: hit.y, around: 1) * lighting.light(normal) * shade, opacity)
    }
  }

  /// Hair on the skull and beside the face.
  mutating func paintHair() {
    let surface = hairSurface, pose = pose, pixel = pixel
    let painter = HairPainter(self)
    paint(Box(-1.6...1.6, -1.7...(looks.hair.length ?? 0.7) + 0.3)) { x, y in
      guard let hit = surface.hit(x, y, pose) else { return (.zero, 0) }
      guard painter.mayGrow(hit) else { return (.zero, 0) }
      let edge = painter.outline(hit)
      guard edge > -pixel else { return (.zero, 0) }
      let opacity = cover(edge, pixel) * painter.density(hit)
      guard opacity > 0.004 else { return (.zero, 0) }
      return (painter.color(hit), opacity)
    }
  }
}

/// The color of hair, and where there is some.
struct HairPainter {
  private let looks: Appearance
  private let hair: HairShape
  private let lighting: Lighting
  private let pixel: Float
  private let crown: Float

  init(_ painter: FacePainter) {
    (looks, lighting, pixel) = (painter.looks, painter.lighting, painter.pixel)
    hair = looks.hair
    crown = -1 - hair.top
  }

  /// How far inside the outline, which is not smooth.
  @inline(__always)
  func outline(_ hit: HeadSurface.Hit) -> Float {
    let coarse = 5 + 5 * hair.curl
    return hit.inside + hair.roughness * (hair.strands(hit.across * coarse + 3, hit.y * coarse) - 0.25)
      + 0.35 * hair.roughness * hair.strands(hit.across * 21, hit.y * 21)
  }

  /// By how much lower strands end there.
  @inline(__always)
  func ends(_ x: Float) -> Float { 0.05 * hair.strands(x * 6, 3) + 0.03 * hair.strands(x * 17, 5) }

  /// Whether hair can be there at all: quickly.
  @inline(__always)
  func mayGrow(_ hit: HeadSurface.Hit) -> Bool {
    let side = abs(hit.across)
    return side > (hair.length == nil ? 0.55 : 0.45) || hit.y < hair.front + max(0, hair.temples) + 0.3
  }

  /// How much of what is behind it the hair covers there.
  @inline(__always)
  func density(_ hit: HeadSurface.Hit) -> Float {
    let side = abs(hit.across), signed: Float = hit.across < 0 ? -1 : 1
    let around = hit.front >= 0 ? side : 2 - side
    let jagged = 0.022 * hair.strands(hit.across * 11, 7) + 0.016 * hair.strands(hit.across * 27, 11)
    let line = looks.hairline(signed * around) + jagged * (1 + 1.2 * hair.curl)
    let soft = max(pixel, 0.035 + 0.10 * hair.thinness)
    var density = cover(line - hit.y, soft)
    if let length = hair.length {
      // The inner edge of what hangs beside the face.
      let wave = hair.curl * 0.035 * hair.strands(hit.y * 3.4, 13 * signed) + 0.012 * hair.strands(hit.y * 7, 17 * signed)
      let inner = 0.90 - hair.cheeks - 0.04 * ramp(0.1, 0.6, hit.y) - 0.18 * ramp(0.6, 1.05, hit.y) + wave
      let hanging = cover((around - inner) * 0.8, max(pixel, 0.03)) * cover(length - hit.y + ends(hit.x), max(pixel, 0.05))
      density = max(density, hanging * ramp(-0.5, -0.2, hit.y))
    }
    // A bald crown leaves a wreath.
    let wreath = ramp(-0.62, -0.22, hit.y) * ramp(0.62, 0.86, around)
    density *= mix(1, wreath, hair.baldness)
    let sparse = 0.62 + 0.7 * hair.strands(hit.across * 17, hit.y * 3)
    let top = ramp(-0.2, -0.75, hit.y)
    return density * (1 - hair.thinness * limit(sparse) * (0.35 + 0.5 * top))
  }

  /// Without light: strands, and the white among them.
  @inline(__always)
  func albedo(x: Float, y: Float, around: Float) -> Tint {
    let straight = hair.strands(x * 15, y * 1.6) + 0.55 * hair.strands(x * 34, y * 3.1)
    let curls = hair.strands(x * 9, y * 9) + 0.5 * hair.strands(x * 19, y * 19)
    let strand = mix(straight, curls, hair.curl)
    // The temples go first.
    let grey = ramp(0, 1, limit(hair.grey * 1.05 + hair.grey * (0.22 * strand + 0.30 * ramp(0.55, 0.95, around)) - 0.06))
    return mix(hair.color, hair.white * (1 - 0.12 * (1 - hair.grey)), grey) * (1 + 0.30 * strand)
  }

  @inline(__always)
  func color(_ hit: HeadSurface.Hit) -> Tint {
    let side = abs(hit.across)
    // Strands run away from the parting on top, and down at the sides.
    let down = ramp(-0.75, -0.2, hit.y)
    let fan = (hit.across - hair.parting) / (0.42 + max(0, hit.y - crown))
    let along = hit.y + 0.4 * side
    let strand = albedo(x: mix(fan * 0.7, hit.across, down), y: along, around: side)
    var normal = normalized(hit.normal)
    let bend = 0.30 * hair.strands(hit.across * 7 + 2, hit.y * (2 + 6 * hair.curl))
    normal.x += bend * (0.4 + hair.curl)
    normal.y += 0.4 * hair.curl * hair.strands(hit.across * 9, hit.y * 9 + 5)
    normal = normalized(normal)
    // The parting is dark, and so are the roots at the face.
    let parted = hair.curl < 0.4 && hair.top > 0.08 ? bell((hit.across - hair.parting) / 0.05) * ramp(-0.45, -0.7, hit.y) : 0
    let line = looks.hairline(hit.across)
    let roots = 0.22 * bell((hit.y - line) / 0.10) + 0.30 * parted
    let lit = strand * lighting.light(normal) * (1 - roots) * (0.94 - 0.22 * ramp(0.1, 1, hit.y))
    // The band of light across smooth hair.
    let band =
      bell((normal.y - lighting.direction.y * 0.75) / 0.30) * (1 - 0.7 * hair.curl) * (0.6 + 0.5 * hair.strands(hit.across * 17, 1))
    let shine = band * limit(0.45 + (normal * lighting.direction).sum())
    return lit + (strand * 0.55 + Tint(repeating: 0.022)) * lighting.keyColor * shine
  }
}
