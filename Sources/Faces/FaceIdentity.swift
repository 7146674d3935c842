/// What makes a person the same one at every age: bones, colors, and how they will age.
///
/// Lengths are shares of half a head's height, and ± means by how much of its usual measure a feature is larger.
public struct FaceIdentity: Hashable, Sendable {
  /// Of the stream of people.
  public let seed: UInt64
  /// Of the person in it.
  public let number: Int
  /// Otherwise a woman or a girl.
  public let isMale: Bool
  /// Day of birth, 1 to 365 from the first of January on.
  public let birthDay: Int
  /// Of interest for the dates of photographs alone.
  public let birthYear: Int

  // Bones and flesh.
  let headWidth, jawSquareness, chinTaper, fullness, cheekbones: Float
  let eyeSpacing, eyeSize, eyeOpenness, eyeTilt, eyeHeight: Float
  let browHeight, browArch, browThickness: Float
  let noseLength, noseWidth, noseProjection: Float
  let mouthWidth, mouthHeight, upperLip, lowerLip: Float
  let earSize, earProtrusion, forehead, neckWidth: Float

  // Colors.
  let skin, skinWarmth, hairDarkness, hairRedness, eyeHue, eyeLightness, freckles, flush: Float

  // Hair, and how it goes.
  enum HairStyle: CaseIterable { case cropped, parted, fringe, sweptBack, curly, afro, bob, long, wavy, tied }
  enum Beard: CaseIterable { case shaven, stubble, moustache, goatee, full }
  let youngStyle, oldStyle: HairStyle
  let parting, hairVolume: Float
  let beard: Beard
  let beardAge: Float
  let makeup: Float
  let balding, greying, wrinkling, sagging: Float
  let mole: SIMD2<Float>?
  let pattern: UInt32

  /// Person `number` of the stream that `seed` names: the same one each time.
  public init(seed: UInt64, number: Int) {
    (self.seed, self.number) = (seed, number)
    var draws = FaceDraws(seed: seed, number: number, purpose: .identity)
    isMale = draws.chance(0.5)
    birthDay = 1 + Int(draws.uniform() * 365)
    birthYear = 1895 + Int(draws.uniform() * 31)

    headWidth = draws.around(0, 0.15)
    jawSquareness = draws.around(0, 0.45)
    chinTaper = draws.around(0, 0.22)
    fullness = draws.around(0, 1)
    cheekbones = draws.around(0, 1)
    eyeSpacing = draws.around(0, 0.16)
    eyeSize = draws.around(0, 0.24)
    eyeOpenness = draws.around(0, 0.4)
    eyeTilt = draws.around(0, 0.26)
    eyeHeight = draws.around(0, 0.07)
    browHeight = draws.around(0, 0.07)
    browArch = draws.around(0, 1)
    browThickness = draws.around(0, 0.6)
    noseLength = draws.around(0, 0.12)
    noseWidth = draws.around(0, 0.4)
    noseProjection = draws.around(0, 0.5)
    mouthWidth = draws.around(0, 0.28)
    mouthHeight = draws.around(0, 0.06)
    upperLip = draws.around(0, 0.6)
    lowerLip = draws.around(0, 0.5)
    earSize = draws.around(0, 0.25)
    earProtrusion = draws.around(0, 0.6)
    forehead = draws.around(0, 0.14)
    neckWidth = draws.around(0, 0.16)

    // Most are fair to tan, as there are most steps; every shade has its people.
    let shade = draws.uniform()
    skin = shade
    skinWarmth = draws.around(0, 1)
    let darkest = ramp(0.35, 0.62, shade)
    hairDarkness = mix(draws.uniform(), 0.86 + 0.14 * draws.uniform(), darkest)
    hairRedness = draws.chance(0.12 * (1 - darkest)) ? draws.uniform(0.6, 1) : draws.uniform(0, 0.2)
    eyeHue = mix(draws.uniform(), draws.uniform(0, 0.25), darkest)
    eyeLightness = draws.around(0, 1)
    freckles = shade < 0.3 && draws.chance(0.3) ? draws.uniform(0.4, 1) : 0
    flush = draws.uniform()

    let isTight = shade > 0.7
    if isMale {
      youngStyle = draws.choose([
        (.cropped, 3), (.parted, isTight ? 0.3 : 3), (.fringe, isTight ? 0.1 : 2), (.sweptBack, isTight ? 0.3 : 1.6), (.curly, 1.4),
        (.afro, isTight ? 3 : 0.15), (.wavy, isTight ? 0.1 : 0.6),
      ])
      oldStyle = draws.choose([(.cropped, 3), (.parted, isTight ? 0.5 : 3), (.sweptBack, isTight ? 0.5 : 2), (.curly, 1)])
    } else {
      youngStyle = draws.choose([
        (.long, isTight ? 1 : 3), (.wavy, 3), (.bob, 2), (.tied, 2), (.curly, 1), (.afro, isTight ? 2 : 0.1), (.fringe, 0.5),
      ])
      oldStyle = draws.choose([(.bob, 3), (.curly, 3), (.tied, 2), (.parted, 1), (.wavy, 2)])
    }
    let right = draws.uniform(-0.5, -0.25), left = draws.uniform(0.25, 0.5)
    parting = draws.choose([(0, 1), (right, 1.5), (left, 1.5)] as [(Float, Float)])
    hairVolume = draws.around(0, 0.5)
    beard = draws.choose([(.shaven, 4), (.stubble, 2), (.moustache, 1), (.goatee, 1), (.full, 1.6)])
    beardAge = draws.uniform(22, 34)
    makeup = draws.uniform()
    balding = isMale ? max(0, draws.uniform(-0.6, 1)) : 0
    greying = draws.around(0, 4)
    wrinkling = draws.around(1, 0.22)
    sagging = draws.around(1, 0.3)
    mole = draws.chance(0.12) ? SIMD2(draws.uniform(-0.5, 0.5), draws.uniform(0.2, 0.75)) : nil
    pattern = draws.word()
  }
}
