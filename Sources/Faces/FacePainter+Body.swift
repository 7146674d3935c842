extension FacePainter {
  /// Neck, shoulders and clothes. They stay where they are when the head turns, and follow it a little when it leans.
  mutating func paintBody() {
    let looks = looks, lighting = lighting, pixel = pixel, grain = grain, skinGrain = skinGrain, view = view
    let neck = looks.neckWidth, shoulders = looks.shoulders
    let cloth = view.clothingColor * view.clothingColor
    let inner = mix(Tint(shown: 240, 240, 238), cloth, 0.15)
    let middle = 0.10 * pose.sinTurn
    let shoulderTop = 1.29 + 0.05 * (0.5 - limit(shoulders - 1)) * 2
    let chin: Float = 0.98

    func neckHalf(_ y: Float) -> Float {
      let rise = ramp(0.96, 1.46, y)
      return neck * (1 + 0.05 * bell((y - 0.8) / 0.4)) + rise * rise * 0.26
    }
    paint(Box(-1.3...1.3, 0.3...2.6)) { x, y in
      let dx = x - middle, half = neckHalf(y)
      let opacity = cover(half - abs(dx), pixel) * cover(y - 0.35, 0.2)
      guard opacity > 0 else { return (.zero, 0) }
      let m = limit(dx / half, -1, 1)
      var normal = SIMD3(m, 0.12, (1 - 0.86 * m * m).squareRoot())
      // The sinews, and the hollow between the collar bones.
      normal.x += 0.25 * bell((abs(dx) - neck * 0.42 - 0.10 * (y - 1.1)) / 0.14) * (dx > 0 ? 1 : -1)
      let fold = looks.neckFolds * (bell((y - 1.10 - 0.10 * dx * dx) / 0.035) + bell((y - 1.24 - 0.12 * dx * dx) / 0.035))
      // The chin's shadow, deeper away from the light.
      let under = ramp(chin + 0.42, chin - 0.02, y + 0.25 * dx * lighting.direction.x)
      let shade = 1 - 0.58 * under * (0.75 + 0.25 * limit(-lighting.direction.y + 0.4))
      let rough = 1 + 0.05 * looks.roughness * skinGrain(x * 14, y * 14)
      let skin = looks.skin * Tint(0.98, 0.94, 0.93) * ((1 - 0.22 * fold) * rough)
      return (skin * lighting.light(normalized(normal), depth: 1) * shade, opacity)
    }

    // Where clothes begin: at the shoulders' line, and around the neck.
    let kind = view.clothing, hasCollar = kind == .shirt || kind == .jacket
    func shoulderLine(_ dx: Float) -> Float {
      let t = abs(dx) / shoulders, s = t * t
      return t < 1 ? shoulderTop + 0.10 * t + 0.75 * s * s * s : 3
    }
    func opening(_ dx: Float) -> Float {
      let t = abs(dx) / neck
      switch kind {
      case .crewNeck: return 1.36 - 0.12 * t * t
      case .vNeck: return 1.72 - 0.46 * t
      case .turtleneck: return 1.08 + 0.03 * t * t
      case .shirt: return 1.50 - 0.38 * t
      case .jacket: return 1.44 - 0.32 * t
      }
    }
    paint(Box(-2.2...2.2, 1.0...2.6)) { x, y in
      let dx = x - middle, open = opening(dx), away = abs(dx)
      // A collar stands up beside the neck.
      let rim = kind == .turtleneck ? neck * 1.12 : neck * 1.18
      let stands = hasCollar || kind == .turtleneck
      let collar = stands ? cover(y - max(open, 1.08), pixel) * cover(rim - away, pixel) : 0
      let opacity = max(collar, cover(y - max(shoulderLine(dx), stands && away < rim ? 0 : open), pixel))
      guard opacity > 0 else { return (.zero, 0) }
      let m = limit(dx / shoulders, -1, 1)
      let folds = grain(dx * 3.2 + 1.5 * y, y * 1.6)
      var normal = SIMD3(0.75 * m + 0.22 * folds, -0.35 + 0.25 * (y - 1.3), 0.8)
      var color = cloth
      let isCollar = stands && away < rim && y < open + (kind == .turtleneck ? 0.30 : 0.20)
      if isCollar {
        if kind == .turtleneck {
          normal = SIMD3(limit(dx / rim, -1, 1), 0.1, 0.5)
          color *= 0.92 + 0.10 * ramp(-0.5, 0.5, grain(dx * 16, 3))
        } else {
          color = kind == .jacket ? inner : mix(cloth, inner, 0.25)
          normal.x += dx > 0 ? 0.25 : -0.25
        }
        color *= 1 - (kind == .turtleneck ? 0.2 : 0.4) * bell((y - open - (kind == .turtleneck ? 0.30 : 0.20)) / max(0.03, pixel))
      } else if kind == .jacket {
        // Below the collar a shirt with a tie between the lapels.
        let lapel = away - 0.20 + 0.28 * (y - 1.4)
        if away < 0.07 + 0.05 * (y - 1.4), y > 1.40 {
          color = Tint(cloth.z, cloth.x, cloth.y) * 0.8
        } else {
          color = mix(inner, cloth * 0.7, cover(lapel, pixel))
        }
      } else if kind == .shirt {
        color *= 1 - 0.3 * stroke(dx, 0.014, pixel)
      } else {
        color *= 1 - 0.22 * bell((y - open - 0.05) / 0.045) * (away < neck * 1.5 ? 1 : 0)
      }
      let shadow = 1 - 0.35 * ramp(1.45, 1.05, y) * bell(dx / (neck * 2.2))
      return (color * lighting.light(normalized(normal)) * shadow, opacity)
    }
  }

  /// Both ears, behind the cheeks.
  mutating func paintEars() {
    let looks = looks, lighting = lighting, pixel = pixel
    for side: Float in [-1, 1] {
      let y = looks.eyeY + 0.19, slice = head.slice(y)
      let place = pose.seen(side * (slice.width + looks.earProtrusion * 0.35), y, -0.08)
      // An ear turned towards us is seen broad.
      let broad = 0.062 + looks.earProtrusion * 0.75 + 0.10 * max(0, -side * pose.sinTurn)
      let tall = looks.earSize * 1.18
      paint(Box(place.x - broad * 2...place.x + broad * 2, place.y - tall * 1.4...place.y + tall * 1.4)) { x, y in
        let v = (y - place.y) / tall
        // Wide above, narrow at the lobe.
        let width = broad * (1 - 0.28 * v)
        let u = side * (x - place.x + 0.10 * side * (y - place.y)) / width
        let distance = (1 - (u * u + v * v).squareRoot()) * min(width, tall)
        let opacity = cover(distance, pixel)
        guard opacity > 0 else { return (.zero, 0) }
        let rim = bell((distance / min(width, tall) - 0.2) / 0.22)
        let hollow = blob(u + 0.15, v + 0.05, 0.62, 0.6)
        let normal = normalized(SIMD3(side * (0.55 + 0.5 * u), 0.3 * v - 0.1, 0.7))
        let color = looks.skin * Tint(1.0, 0.88, 0.86) * (1 + 0.12 * rim - 0.42 * hollow)
        return (color * lighting.light(normal, depth: 1) * 0.92, opacity)
      }
    }
  }
}
