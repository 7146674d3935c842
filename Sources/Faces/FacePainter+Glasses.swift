extension FacePainter {
  /// Frames, lenses with a glint, and the temples that go to the ears.
  mutating func paintGlasses() {
    guard view.glasses != .none else { return }
    let looks = looks, pose = pose, pixel = pixel, lighting = lighting, kind = view.glasses, head = head
    let color = Tint(
      view.frame, along: [Tint(shown: 22, 20, 22), Tint(shown: 60, 34, 24), Tint(shown: 40, 52, 84), Tint(shown: 170, 160, 140)])
    let reach: Float = (kind == .square ? 0.024 : 0.016) * (1 + 0.3 * (1 - view.frame))
    let half = looks.eyeWidth * (kind == .round ? 1.42 : 1.52), tall = half * (kind == .round ? 0.98 : 0.74)
    let middle = looks.eyeY + 0.03
    let out: Float = 0.10
    paint(Box(-1.05...1.05, middle - 0.5...middle + 0.5)) { x, y in
      // The glasses stand in front of the face, as flat as a plane that is bent a little.
      guard let hit = head.hit(x - out * pose.sinTurn, y - out * pose.sinTilt, pose), hit.inside > -0.08 else { return (.zero, 0) }
      let side: Float = hit.x < 0 ? -1 : 1
      let (u, v) = ((side * hit.x - looks.eyeX * 1.03) / half, (hit.y - middle) / tall)
      // A rounded square by the fourth powers.
      let power = kind == .round ? (u * u + v * v).squareRoot() : (u * u * u * u + v * v * v * v).squareRoot().squareRoot()
      let distance = (power - 1) * min(half, tall)
      var frame = stroke(distance, reach, pixel)
      if kind == .halfRim, v > 0 { frame *= 0.25 }
      let gap = looks.eyeX * 1.03 - half
      if abs(hit.x) < gap { frame = max(frame, stroke(hit.y - middle + 0.30 * tall - 0.4 * hit.x * hit.x, reach, pixel)) }
      if side * hit.x > looks.eyeX * 1.03 + half {
        frame = max(frame, stroke(hit.y - middle + 0.34 * tall, reach, pixel) * cover(hit.inside, pixel))
      }
      let light = lighting.light(SIMD3(0, -0.3, 0.95)) + Tint(repeating: 0.10)
      if frame > 0.02 { return (color * light, frame * 0.95) }
      guard distance < 0 else { return (.zero, 0) }
      // Light runs across the lens.
      let glint = bell((u + 0.7 * v + 0.35) / 0.28) * 0.16 + 0.035
      return (Tint(0.8, 0.88, 0.95), glint)
    }
  }
}
