extension FacePainter {
  /// The head without its hair: skin with its marks, brows, eyes, mouth, beard.
  mutating func paintHead() {
    let painter = SkinPainter(self), head = head, pose = pose, pixel = pixel
    paint(Box(-1.05...1.05, -1.25...1.3)) { x, y in
      guard let hit = head.hit(x, y, pose), hit.inside > -0.5 * pixel else { return (.zero, 0) }
      let opacity = cover(hit.inside, pixel)
      return (painter.color(hit), opacity)
    }
  }
}

/// The colors of a face's surface.
struct SkinPainter {
  let looks: Appearance
  let lighting: Lighting
  let relief: Relief
  let eyes: EyePainter
  let mouth: MouthPainter
  let pixel: Float
  let grain: Noise
  let light: SIMD3<Float>
  private let scalp: Float

  init(_ painter: FacePainter) {
    (looks, lighting, relief) = (painter.looks, painter.lighting, painter.relief)
    (pixel, grain, light) = (painter.pixel, painter.skinGrain, painter.lighting.direction)
    let hair = looks.hair
    scalp = hair.baldness == 0 && hair.thinness < 0.05 ? hair.front + min(0, hair.temples) - 0.2 : -2
    eyes = EyePainter(painter)
    mouth = MouthPainter(painter)
  }

  @inline(__always)
  func color(_ hit: HeadSurface.Hit) -> Tint {
    let (x, y) = (hit.x, hit.y), side = abs(x)
    // Below thick hair nothing is seen.
    if y < scalp { return looks.skin * 0.5 }
    let slope = relief.slope(x, y)
    let rough = looks.roughness * (0.11 * grain(x * 9, y * 9) + 0.07 * grain(x * 21, y * 17))
    var normal = hit.normal
    normal.x -= hit.relief * (slope.x + rough)
    normal.y -= hit.relief * (slope.y + rough)
    normal = normalized(normal)

    var albedo = looks.skin * (1 + (0.015 + 0.05 * looks.roughness) * grain(x * 13, y * 13))
    albedo = painted(albedo, x, y, side)
    let marks = folds(x, y, side)
    let illumination = lighting.light(normal, depth: 1) * shadow(x, y, side, hit)
    var color = albedo * illumination * (1 - marks)
    // Skin shines where it is stretched.
    let oil = 0.075 * (0.6 + 0.4 * blob(x, y - looks.noseY + 0.06, 0.2, 0.3) + 0.3 * blob(x, y + 0.45, 0.5, 0.3))
    color += lighting.keyColor * (oil * lighting.gloss(normal, squarings: 4))
    color = mouth.color(over: color, x, y, illumination)
    color = beard(over: color, x, y, side, hit, illumination)
    color = eyes.color(over: color, x, y, illumination)
    return color
  }

  /// Blood, make-up, freckles and spots.
  @inline(__always)
  private func painted(_ skin: Tint, _ x: Float, _ y: Float, _ side: Float) -> Tint {
    var color = skin
    let cheek = blob(side - 0.42, y - looks.eyeY - 0.30, 0.30, 0.24)
    let nose = blob(x - relief.noseShift.x, y - looks.noseY + 0.06, 0.17, 0.15)
    let rosy = looks.blush * (0.9 * cheek + 0.5 * nose) + 0.35 * looks.makeup * cheek
    color *= Tint(1 + 0.02 * rosy, 1 - 0.24 * rosy, 1 - 0.20 * rosy)
    let tired = blob(side - looks.eyeX * 0.96, y - looks.eyeY - 0.12, 0.20, 0.13) * (0.12 + 0.5 * looks.eyeBags)
    color *= Tint(1 - 0.30 * tired, 1 - 0.36 * tired, 1 - 0.30 * tired)
    if relief.freckles > 0 {
      let place = (cheek + nose) * relief.freckles
      color *= 1 - 0.30 * limit(place * 1.4) * ramp(0.15, 0.5, grain(x * 26 + 7, y * 26))
    }
    if looks.spots > 0 {
      let spot = ramp(0.45, 0.72, grain(x * 7.5 + 31, y * 7.5)) * looks.spots * ramp(0.2, 0.5, side + 0.35 * max(0, -y))
      color *= mix(Tint(repeating: 1), Tint(0.62, 0.50, 0.42), 0.75 * spot)
    }
    if let mole = relief.mole {
      let distance = ((x - mole.x) * (x - mole.x) + (y - mole.y) * (y - mole.y)).squareRoot()
      color = mix(color, color * Tint(0.28, 0.2, 0.18), cover(0.022 - distance, pixel) * min(1, 0.044 / pixel))
    }
    return color
  }

  /// A crease of the skin across `distance`: dark, with a lighter rim.
  @inline(__always)
  private func crease(_ distance: Float, _ reach: Float) -> Float {
    let wide = max(reach, 0.72 * pixel)
    return (bell(distance / wide) - 0.32 * bell((abs(distance) - 1.6 * wide) / wide)) * min(1, reach / (0.55 * pixel))
  }

  /// How much darker the wrinkles are.
  @inline(__always)
  private func folds(_ x: Float, _ y: Float, _ side: Float) -> Float {
    var sum: Float = 0
    if looks.nasolabial > 0, y > looks.noseY - 0.12, y < looks.mouthY + 0.14, side < 0.55 {
      let from = looks.noseY - 0.07, to = looks.mouthY + 0.07, t = limit((y - from) / (to - from))
      let line = mix(looks.noseWidth * 1.22, looks.mouthWidth * 1.30 + 0.02, t) + 0.045 * t * (1 - t) * 4
      let ends = ramp(from - 0.04, from + 0.05, y) * ramp(to + 0.06, to - 0.06, y)
      sum += 0.58 * looks.nasolabial * ends * crease((side - line) * 0.85, 0.036)
    }
    if looks.marionette > 0, y > looks.mouthY, y < 0.95, side < 0.5 {
      let line = looks.mouthWidth * 1.06 + 0.16 * (y - looks.mouthY)
      let ends = ramp(looks.mouthY, looks.mouthY + 0.05, y) * ramp(looks.mouthY + 0.24, looks.mouthY + 0.12, y)
      sum += 0.32 * looks.marionette * ends * crease(side - line, 0.034)
    }
    if looks.foreheadLines > 0, y < looks.browY - 0.06, y > -0.85 {
      let strength = 0.27 * looks.foreheadLines * ramp(0.56, 0.30, side)
      let wave = 0.02 * grain(x * 4, 3) + 0.05 * x * x
      for index in 0..<3 {
        let line = looks.browY - 0.14 - 0.115 * Float(index) + wave - 0.02 * grain(Float(index) * 9, 1)
        // The first line deepens before the third appears.
        let share = limit(looks.foreheadLines * 2.2 - 0.5 * Float(index))
        sum += strength * share * crease(y - line, 0.026)
      }
    }
    if looks.frown > 0, abs(y - looks.browY - 0.01) < 0.14, side < 0.14 {
      sum += 0.30 * looks.frown * bell((y - looks.browY - 0.01) / 0.13) * crease(side - 0.055, 0.026)
    }
    if looks.eyeBags > 0, y > looks.eyeY, y < looks.eyeY + 0.36 {
      let u = (side - looks.eyeX) / looks.eyeWidth
      let bag = looks.eyeY + looks.eyeWidth * (1.18 - 0.38 * u * u)
      sum += 0.44 * looks.eyeBags * bell(u / 1.25) * crease(y - bag, 0.034)
    }
    if looks.crowsFeet > 0, side > looks.eyeX + looks.eyeWidth * 0.9 {
      let (dx, dy) = (side - looks.eyeX - looks.eyeWidth * 1.05, y - looks.eyeY)
      let fade = ramp(0, 0.035, dx) * ramp(0.23, 0.09, dx)
      let lines = crease(dy + 0.55 * dx, 0.020) + crease(dy - 0.05 * dx, 0.020) + crease(dy - 0.6 * dx, 0.020)
      sum += 0.34 * looks.crowsFeet * fade * lines
    }
    if looks.cheekLines > 0, side > 0.3, y > 0.12, y < 0.86 {
      let ends = ramp(0.12, 0.3, y) * ramp(0.86, 0.66, y)
      let line = 0.47 + 0.05 * bell((y - 0.5) / 0.5)
      sum += 0.26 * looks.cheekLines * ends * (crease(side - line, 0.030) + 0.7 * crease(side - line - 0.09, 0.024))
    }
    return limit(sum, -0.25, 0.7)
  }

  /// What hair, brows, nose, lips and chin keep light from.
  @inline(__always)
  private func shadow(_ x: Float, _ y: Float, _ side: Float, _ hit: HeadSurface.Hit) -> Tint {
    var dark: Float = 0
    if looks.hair.baldness < 0.6 {
      let under = y - looks.hairline(hit.across)
      dark += 0.34 * ramp(0.16, 0.0, under) * (1 - looks.hair.thinness)
    }
    let noseX = relief.noseShift.x, noseY = looks.noseY
    // Below the nose, and on the side of it that is away from the light.
    let fall = noseX - light.x * 0.10
    dark += 0.42 * blob(x - fall, y - noseY - 0.035, looks.noseWidth * 1.15, 0.075)
    let lee: Float = light.x > 0 ? -1 : 1
    dark +=
      0.30 * min(1, abs(light.x) * 1.8)
      * blob(x - 0.6 * noseX - lee * looks.noseWidth * 0.85, y - mix(looks.noseTop, noseY, 0.6), 0.10, 0.26)
    // Nostrils.
    let nostril = abs(x - noseX * 0.9) - looks.noseWidth * 0.42
    dark += 0.75 * blob(nostril, y - noseY - 0.006, looks.noseWidth * 0.33, 0.030)
    dark += 0.26 * blob(side - looks.eyeX * 0.86, y - looks.eyeY + 0.09, looks.eyeWidth * 1.3, 0.10)
    dark += 0.24 * blob(x, y - looks.mouthY - looks.lowerLip * 1.25 - 0.03, looks.mouthWidth * 0.8, 0.055)
    dark += 0.35 * looks.hollow * blob(side - 0.48, y - 0.52, 0.16, 0.26)
    let rest = 1 - limit(dark, 0, 0.9)
    // Light that gets there has been through skin.
    return Tint(mix(rest, 1, 0.16), mix(rest, 1, 0.02), rest)
  }

  @inline(__always)
  private func beard(
    over skin: Tint, _ x: Float, _ y: Float, _ side: Float, _ hit: HeadSurface.Hit, _ illumination: Tint
  ) -> Tint {
    let hair = looks.hair
    guard hair.stubble > 0, y > 0.1 else { return skin }
    // From the sideburns along the cheek to the corner of the mouth, and above the lip.
    let cheekLine = mix(looks.mouthY - 0.06, 0.12, ramp(0.28, 0.92, abs(hit.across)))
    let jaw = ramp(cheekLine - 0.05, cheekLine + 0.08, y)
    let corner = looks.mouthWidth * 1.30
    let lip =
      ramp(looks.noseY + 0.02, looks.noseY + 0.07, y) * ramp(corner + 0.03, corner - 0.05, side)
      * ramp(looks.mouthY + 0.1, looks.mouthY, y)
    let chin = ramp(looks.mouthY - 0.02, looks.mouthY + 0.10, y) * ramp(corner + 0.05, corner - 0.06, side)
    let free = 1 - mouth.opacity(x, y)
    let strands = 0.72 + 0.36 * grain(x * 22, y * 7) + 0.16 * grain(x * 40, y * 15)
    let grown = max(max(hair.cheekBeard * jaw, hair.chinBeard * chin), hair.moustache * lip) * free
    let shaven = hair.stubble * max(jaw, lip) * free
    let grey = limit(hair.grey * 1.15 + 0.25 * hair.grey * grain(x * 15, y * 5))
    let albedo = mix(hair.color * 1.1, hair.white * 0.92, grey) * max(0.3, strands)
    let bristle = mix(skin, albedo * illumination * 0.9, 0.30 * shaven * (1 - 0.45 * hair.grey))
    return mix(bristle, albedo * illumination, limit(grown * (0.80 + 0.22 * strands)))
  }
}
