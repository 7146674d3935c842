/// How a person looks at an age: every measure that is drawn. Lengths are shares of half a head's height, from the middle of the
/// head, right and down.
struct Appearance {
  // The head.
  let width, widest, jaw, taper, jowls, hollow, round: Float
  // Features, where they are and how large.
  let eyeX, eyeY, eyeWidth, eyeHeight, eyeTilt, droop, irisSize: Float
  let browY, browArch, browThickness, browStrength: Float
  let noseTop, noseY, noseWidth, noseHeight, noseBridge: Float
  let mouthY, mouthWidth, upperLip, lowerLip: Float
  let earSize, earProtrusion, neckWidth, shoulders: Float

  // Marks of age, 0 (none) to 1.
  let foreheadLines, frown, crowsFeet, eyeBags, nasolabial, marionette, cheekLines, neckFolds, spots, roughness: Float
  let blush, makeup: Float

  // Colors.
  let skin, lips, brow, iris, sclera: Tint

  // Hair.
  let hair: HairShape

  init(_ identity: FaceIdentity, age years: Int) {
    let age = Float(years), man: Float = identity.isMale ? 1 : 0, pattern = Noise(identity.pattern)
    // 1 for a baby, 0 for a grown person; and what has come since then.
    let young = limit((20.5 - age) / 19.5), child = young * (1.25 - 0.25 * young)
    let infant = ramp(7, 1, age)
    let adult = 1 - child
    let manly = man * ramp(11, 19, age)
    let old = limit((age - 25) / 50)
    let wear = identity.wrinkling
    let sag = limit((age - 30) / 44) * identity.sagging
    let full = 0.045 * identity.fullness * adult + 0.02 * ramp(30, 55, age) - 0.03 * ramp(66, 88, age)

    // The head: a child's is round, with a large skull above a small jaw; a man's jaw is square.
    width = (0.715 + 0.075 * child + 0.012 * manly + full) * (1 + identity.headWidth * 0.5)
    widest = -0.16 + 0.06 * identity.cheekbones * adult - 0.06 * child
    jaw = limit(0.5 - 0.18 * child + 0.24 * manly + identity.jawSquareness * (0.4 + 0.6 * adult) + 0.22 * sag)
    taper = limit(0.37 - 0.07 * manly - 0.14 * child + identity.chinTaper * (0.4 + 0.6 * adult) - 0.6 * full, 0.05, 0.6)
    jowls = 0.055 * sag
    hollow = limit(ramp(55, 85, age) * (0.8 - 0.5 * identity.fullness) + 0.25 * max(0, identity.cheekbones) * adult)
    round = limit(0.15 + 0.85 * child + 0.3 * identity.fullness)

    // Eyes sit low and large in a child's face; lids sink with age.
    eyeY = 0.03 + 0.15 * child + identity.eyeHeight
    eyeX = (0.305 + 0.015 * child) * (1 + identity.eyeSpacing * 0.5) * (width / 0.73)
    eyeWidth = (0.150 + 0.038 * child - 0.006 * manly) * (1 + identity.eyeSize * 0.6)
    eyeHeight =
      (0.50 + 0.16 * child - 0.06 * manly - 0.16 * ramp(45, 85, age)) * (1 + identity.eyeOpenness * 0.55)
    eyeTilt = identity.eyeTilt + 0.05 * (1 - man) - 0.10 * sag
    droop = limit(sag * 0.8)
    irisSize = 0.52 + 0.07 * child
    browY = eyeY - (0.215 + 0.02 * child - 0.025 * manly - 0.015 * sag) + identity.browHeight
    browArch = 0.03 + 0.018 * identity.browArch + 0.018 * (1 - manly) * adult
    browThickness =
      (0.030 - 0.008 * child + 0.018 * manly - 0.006 * (1 - man) * adult + 0.008 * manly * ramp(50, 80, age))
      * (1 + identity.browThickness * 0.6)
    browStrength = limit(0.92 - 0.55 * infant - 0.25 * child - 0.28 * ramp(55, 85, age) * (1 - 0.5 * man))

    // Noses and ears grow all life long.
    noseY = mix(0.43 + 0.04 * sag, 0.49, child) + identity.noseLength * 0.5 * adult
    noseTop = eyeY + 0.02
    noseWidth = (0.128 + 0.014 * manly + 0.022 * old - 0.014 * child) * (1 + identity.noseWidth * 0.7)
    noseHeight = (0.115 + 0.02 * manly + 0.02 * old - 0.055 * child) * (1 + identity.noseProjection * 0.6)
    noseBridge = (0.085 + 0.015 * manly - 0.055 * child) * (1 + identity.noseProjection * 0.8)
    mouthY = mix(0.655, 0.70, child) + 0.012 * sag + identity.mouthHeight * 0.6
    mouthWidth = (0.235 + 0.012 * manly - 0.055 * child) * (1 + identity.mouthWidth * 0.6)
    let thin = 1 - 0.5 * ramp(35, 80, age)
    upperLip = (0.052 - 0.010 * manly) * (1 + identity.upperLip * 0.7) * thin
    lowerLip = (0.078 - 0.010 * manly) * (1 + identity.lowerLip * 0.7) * thin
    earSize = (0.165 + 0.025 * old + 0.02 * child) * (1 + identity.earSize * 0.7)
    earProtrusion = 0.055 * (1 + identity.earProtrusion) + 0.02 * child
    neckWidth = (0.37 + 0.085 * manly - 0.10 * child + 0.5 * full) * (1 + identity.neckWidth)
    shoulders = (1.42 + 0.26 * manly - 0.50 * child) * (1 + identity.neckWidth * 0.4)

    // Wrinkles come one after the other.
    func mark(_ from: Float, _ to: Float) -> Float { limit(limit((age - from) / (to - from)) * wear) }
    nasolabial = mark(20, 52)
    eyeBags = mark(22, 57)
    foreheadLines = mark(27, 58)
    crowsFeet = mark(30, 62)
    frown = mark(33, 64) * (0.5 + 0.5 * man)
    marionette = mark(39, 66)
    cheekLines = mark(50, 76)
    neckFolds = mark(42, 72)
    spots = mark(50, 80)
    roughness = mark(20, 68)
    blush = limit(0.25 + 0.75 * child * ramp(0, 5, age) + 0.3 * identity.flush - 0.40 * ramp(14, 46, age))
    makeup = man == 1 ? 0 : ramp(16, 21, age) * ramp(0.25, 1, identity.makeup) * (1 - 0.5 * ramp(55, 80, age))

    // Colors: skin dulls and yellows, lips pale, hair greys.
    var skin = Tint(
      identity.skin,
      along: [
        Tint(shown: 244, 206, 184), Tint(shown: 236, 188, 158), Tint(shown: 224, 172, 134), Tint(shown: 196, 140, 100),
        Tint(shown: 148, 98, 68), Tint(shown: 100, 66, 48),
      ])
    skin *= Tint(1 + 0.03 * identity.skinWarmth, 1, 1 - 0.05 * identity.skinWarmth)
    let dull = mix(skin, Tint(repeating: (skin * Tint(0.3, 0.5, 0.2)).sum()) * Tint(0.98, 0.88, 0.76), 0.35 * old)
    skin = mix(dull, skin * Tint(1.05, 1.01, 1.01), child * 0.8)
    self.skin = skin
    let bare = skin * Tint(0.82, 0.43, 0.44)
    let painted = Tint(identity.flush, along: [Tint(shown: 190, 40, 54), Tint(shown: 204, 88, 96), Tint(shown: 142, 44, 62)])
    lips = mix(mix(bare, skin * Tint(0.86, 0.68, 0.66), 0.75 * old), painted, 0.6 * makeup)

    let fairness = child * 0.35 * (1 - identity.hairDarkness)
    let natural = FaceColors.hair(darkness: max(0, identity.hairDarkness - fairness), redness: identity.hairRedness)
    let onset = 29.5 + 0.7 * identity.greying
    let grey = limit((age - onset) / 30)
    let white = mix(Tint(shown: 168, 166, 164), Tint(shown: 236, 234, 230), ramp(52, 78, age))
    brow = mix(mix(natural, Tint(shown: 60, 46, 38), 0.35), white, 0.85 * limit((age - onset - 10) / 30))
    iris = FaceColors.iris(hue: identity.eyeHue, lightness: identity.eyeLightness)
    sclera = mix(Tint(shown: 244, 244, 246), Tint(shown: 224, 212, 196), 0.75 * old + 0.2 * identity.skin)

    hair = HairShape(
      identity, age: age, color: natural, white: white, grey: grey, width: width, eyeY: eyeY, pattern: pattern)
  }
}

/// The colors that hair and eyes have.
enum FaceColors {
  static func hair(darkness: Float, redness: Float) -> Tint {
    let plain = Tint(
      darkness,
      along: [
        Tint(shown: 226, 192, 132), Tint(shown: 188, 146, 90), Tint(shown: 138, 98, 60), Tint(shown: 94, 62, 40),
        Tint(shown: 60, 40, 30), Tint(shown: 36, 28, 25), Tint(shown: 22, 19, 20),
      ])
    return mix(plain, Tint(darkness, along: [Tint(shown: 216, 122, 62), Tint(shown: 122, 52, 28)]), redness * 0.8)
  }

  static func iris(hue: Float, lightness: Float) -> Tint {
    let color = Tint(
      hue,
      along: [
        Tint(shown: 62, 38, 24), Tint(shown: 88, 56, 32), Tint(shown: 128, 96, 52), Tint(shown: 98, 120, 76),
        Tint(shown: 92, 128, 150), Tint(shown: 84, 130, 178),
      ])
    return color * (1 + 0.3 * lightness)
  }
}
