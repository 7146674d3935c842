/// Where a person's hair grows and falls at an age, and its color.
struct HairShape {
  /// How much it stands off the skull, above and beside it.
  let top, side: Float
  /// Down to where it hangs behind the face; nil if it ends at the neck.
  let length: Float?
  /// Of hair that hangs: how much wider it is at its end.
  let flare: Float
  /// The hairline: in the middle of the forehead, how much lower it is at the temples, and where it ends at the ears.
  let front, temples, sideburns: Float
  /// Where it is parted, from −1 (the right ear) to 1.
  let parting: Float
  /// How far it lies over the cheeks, from the sides.
  let cheeks: Float
  /// A knot on top, 0 or its size.
  let knot: Float
  /// 0 (straight) to 1 (curls).
  let curl: Float
  /// Of its outline.
  let roughness: Float
  /// How much of the skull shows through: everywhere, and of the crown alone.
  let thinness, baldness: Float
  let strands: Noise

  let color, white: Tint
  /// How much of it is white.
  let grey: Float

  // The beard.
  let stubble, moustache, chinBeard, cheekBeard: Float

  init(
    _ identity: FaceIdentity, age: Float, color: Tint, white: Tint, grey: Float, width: Float, eyeY: Float, pattern: Noise
  ) {
    (self.color, self.white, self.grey, strands) = (color, white, grey, pattern)
    let infant = ramp(5, 1, age), grown = ramp(13, 18, age), late = ramp(43, 57, age), manly = identity.isMale ? grown : 0
    var style = late > 0.5 ? identity.oldStyle : identity.youngStyle
    if age < 3 { style = .cropped } else if identity.isMale, age < 13, style == .sweptBack { style = .fringe }

    let volume = 1 + identity.hairVolume
    var top: Float = 0.09, side: Float = 0.045, front: Float = -0.60, temples: Float = 0.04, sideburns: Float = 0.16
    var length: Float?, flare: Float = 0, cheeks: Float = 0, knot: Float = 0, curl: Float = 0.1, roughness: Float = 0.012
    var parting = identity.parting
    switch style {
    case .cropped: (top, side, roughness, parting) = (0.055, 0.02, 0.008, 0)
    case .parted: (top, side, front, temples) = (0.13, 0.05, -0.68, 0.20)
    case .fringe: (top, side, front, temples, sideburns, roughness) = (0.12, 0.075, -0.36, 0.06, 0.22, 0.015)
    case .sweptBack: (top, side, front, temples) = (0.15, 0.03, -0.66, -0.02)
    case .curly: (top, side, front, temples, curl, roughness) = (0.19, 0.12, -0.56, 0.06, 0.9, 0.035)
    case .afro: (top, side, front, temples, curl, roughness) = (0.28, 0.24, -0.60, 0.05, 1, 0.02)
    case .bob: (top, side, front, temples, length, cheeks) = (0.12, 0.12, -0.68, 0.26, 0.86, 0.10)
    case .long: (top, side, front, temples, length, cheeks) = (0.10, 0.10, -0.74, 0.30, 1.75, 0.08)
    case .wavy: (top, side, front, temples, length, cheeks, curl, flare) = (0.14, 0.14, -0.72, 0.28, 1.45, 0.08, 0.5, 0.12)
    case .tied: (top, side, front, temples, knot) = (0.07, 0.025, -0.66, 0.03, identity.number % 2 == 0 ? 0.26 : 0)
    }
    // A man's wavy hair ends at his neck, and so does the hair of a girl of three or four.
    if let full = length {
      length = identity.isMale ? 0.75 : mix(0.62, full, ramp(2, 7, age))
      if !identity.isMale { length = mix(length!, min(length!, 0.95), late) }
    }
    if !identity.isMale, style == .curly { (side, length, cheeks) = (0.16, mix(0.95, 0.55, late), 0.05) }
    if !identity.isMale, style == .afro { side = 0.26 }
    if identity.isMale, style != .fringe { sideburns = mix(0.16, 0.26, grown) }

    // Men's hair recedes, at the temples first, and goes at the crown; everybody's gets thinner.
    let loss = identity.balding * ramp(26, 68, age)
    baldness = ramp(0.42, 0.85, loss)
    thinness = limit(0.75 * infant + 0.5 * ramp(0.1, 0.7, loss) + 0.28 * ramp(58, 86, age))
    let recession = 0.10 * manly * ramp(22, 50, age) + 0.55 * loss
    let shift = eyeY - 0.03
    self.front = front + 0.5 * identity.forehead + 0.45 * shift - 0.05 * infant - 0.75 * recession
    self.temples = temples - 0.6 * recession - (style == .fringe ? 0 : 0.06 * manly)
    self.sideburns = sideburns + 0.6 * shift - 0.15 * infant
    self.top = top * volume * (1 - 0.6 * infant) * (1 - 0.55 * loss) * (1 - 0.25 * ramp(60, 85, age))
    self.side = side * volume * (1 - 0.5 * infant) * (1 - 0.2 * loss)
    (self.length, self.flare, self.cheeks) = (length, flare, cheeks * volume)
    self.parting = parting
    self.knot = knot * (1 - late)
    self.curl = limit(curl)
    self.roughness = roughness + 0.01 * infant

    let beard = manly * ramp(identity.beardAge - 6, identity.beardAge, age)
    let shadow = manly * ramp(17, 27, age) * (0.35 + 0.3 * identity.hairDarkness)
    stubble = max(shadow, identity.beard == .stubble ? 0.75 * beard : 0)
    moustache = [.moustache, .goatee, .full].contains(identity.beard) ? beard : 0
    chinBeard = [.goatee, .full].contains(identity.beard) ? beard : 0
    cheekBeard = identity.beard == .full ? beard : 0
  }
}
