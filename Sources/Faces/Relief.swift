/// What stands out of a face and sinks into it: nose, brows, cheeks, lips, and what age adds.
struct Relief {
  private struct Bump {
    let x, y, width, height, rise: Float
  }

  private let bumps: [Bump]
  /// How far the nose's tip is seen off its foot, as the head is turned.
  let noseShift: SIMD2<Float>
  let mole: SIMD2<Float>?
  let freckles: Float

  init(_ looks: Appearance, _ pose: HeadPose, mole: SIMD2<Float>?, freckles: Float) {
    (self.mole, self.freckles) = (mole, freckles)
    let out = looks.noseHeight * 1.25
    noseShift = SIMD2(out * pose.sinTurn / pose.cosTurn, out * pose.sinTilt / pose.cosTilt)
    var bumps = [Bump]()
    func add(_ x: Float, _ y: Float, _ width: Float, _ height: Float, _ rise: Float) {
      bumps.append(Bump(x: x, y: y, width: width, height: height, rise: rise))
    }
    func pair(_ x: Float, _ y: Float, _ width: Float, _ height: Float, _ rise: Float) {
      add(x, y, width, height, rise)
      add(-x, y, width, height, rise)
    }
    let noseX = noseShift.x, tipY = looks.noseY - 0.055 + noseShift.y, length = looks.noseY - looks.noseTop
    // The nose: its bridge leans to where its tip is seen.
    add(0.30 * noseX, looks.noseTop + 0.30 * length, looks.noseWidth * 0.85, 0.62 * length, looks.noseBridge * 0.85)
    add(0.70 * noseX, looks.noseTop + 0.65 * length, looks.noseWidth * 0.95, 0.45 * length, looks.noseBridge * 0.7)
    add(noseX, tipY, looks.noseWidth * 0.98, 0.115, looks.noseHeight)
    for side: Float in [-1, 1] {
      add(0.6 * noseX + side * looks.noseWidth * 0.80, looks.noseY - 0.03, looks.noseWidth * 0.5, 0.075, looks.noseHeight * 0.42)
    }
    // Eye sockets, and the ridge above them.
    pair(looks.eyeX * 0.95, looks.eyeY - 0.02, looks.eyeWidth * 1.55, 0.20, -0.055 - 0.02 * looks.hollow)
    pair(looks.eyeX, looks.eyeY, looks.eyeWidth * 1.2, looks.eyeWidth * 0.95, 0.030)
    pair(looks.eyeX * 0.9, looks.browY, looks.eyeWidth * 1.7, 0.10, 0.022)
    // Cheeks: round in front where they are full, hollow below the bones where they are not.
    pair(0.40, looks.eyeY + 0.30, 0.26, 0.20, 0.035 + 0.03 * looks.round)
    pair(0.46, 0.55, 0.20, 0.26, -0.050 * looks.hollow - 0.02 * looks.cheekLines)
    pair(0.40, 0.80 - 0.02 * looks.jowls, 0.19, 0.16, looks.jowls * 0.7)
    // The mouth stands out, the chin too.
    add(0, looks.mouthY, looks.mouthWidth * 1.35, 0.20, 0.045)
    add(0, looks.mouthY - looks.upperLip * 0.8, looks.mouthWidth * 0.95, looks.upperLip * 1.3, 0.014)
    add(0, looks.mouthY + looks.lowerLip * 0.55, looks.mouthWidth * 0.85, looks.lowerLip * 1.1, 0.026)
    add(0, looks.mouthY + looks.lowerLip + 0.055, looks.mouthWidth * 0.9, 0.07, -0.022)
    add(0, 0.90, 0.22, 0.14, 0.04)
    // Bags below the eyes, and temples that sink.
    pair(looks.eyeX, looks.eyeY + looks.eyeWidth * 0.95, looks.eyeWidth * 1.0, 0.062, 0.028 * looks.eyeBags)
    pair(0.60, looks.eyeY - 0.20, 0.16, 0.24, -0.05 * looks.hollow)
    self.bumps = bumps
  }

  /// The slope at a place, right and down.
  @inline(__always)
  func slope(_ x: Float, _ y: Float) -> SIMD2<Float> {
    var sum = SIMD2<Float>.zero
    for bump in bumps {
      let u = (x - bump.x) / bump.width, v = (y - bump.y) / bump.height
      let rest = 1 - u * u - v * v
      guard rest > 0 else { continue }
      let steep = -4 * rest * bump.rise
      sum += SIMD2(steep * u / bump.width, steep * v / bump.height)
    }
    return sum
  }
}
