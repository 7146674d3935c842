extension FacePainter {
  /// What is behind the person, out of focus.
  mutating func paintBackground() {
    let base = view.backgroundColor * view.backgroundColor, light = view.light
    let grain = grain
    switch view.background {
    case .studio:
      // A roll of paper, brighter behind the shoulder that is away from the light.
      paintAll { u, v in
        let glow = bell(((u + 0.5 * light.x) * (u + 0.5 * light.x) + (v - 0.1) * (v - 0.1)).squareRoot() / 1.9)
        return base * (0.45 + 0.75 * glow)
      }
    case .wall:
      paintAll { u, v in
        let fade = 0.85 - 0.25 * u * (light.x > 0 ? -1 : 1) + 0.06 * grain(u * 2.3, v * 2.3) + 0.02 * grain(u * 11, v * 11)
        return base * fade
      }
    case .outdoors:
      let sky = mix(base, Tint(shown: 168, 204, 236), 0.7), leaves = mix(base, Tint(shown: 92, 124, 62), 0.75)
      let horizon = 0.25 * grain(3.3, 7.7) + 0.05
      paintAll { u, v in
        let height = horizon + 0.35 * grain(u * 1.7 + 4, 0.5)
        let spots = 0.8 + 0.35 * grain(u * 3.1, v * 3.1) + 0.15 * grain(u * 6.3, v * 6.3)
        let bright = sky * (1.05 + 0.25 * v)
        return mix(bright, leaves * spots, ramp(height - 0.22, height + 0.22, v))
      }
    case .lights:
      let lamps = (0..<9).map { index -> (x: Float, y: Float, radius: Float, color: Tint) in
        let n = Float(index) * 3.7
        let warm = mix(Tint(shown: 255, 196, 120), base * 1.4, limit(0.5 + 0.9 * grain(n, 9.1)))
        return (1.3 * grain(n, 1.3), 1.2 * grain(n, 4.9) - 0.2, 0.16 + 0.1 * grain(n, 6.1), warm)
      }
      paintAll { u, v in
        var color = base * (0.22 + 0.06 * grain(u * 1.5, v * 1.5))
        for lamp in lamps {
          let distance = ((u - lamp.x) * (u - lamp.x) + (v - lamp.y) * (v - lamp.y)).squareRoot()
          color += lamp.color * (0.40 * ramp(lamp.radius + 0.06, lamp.radius - 0.06, distance))
        }
        return color
      }
    case .room:
      // A window or a shelf beside the head.
      let edge = grain(1.1, 2.2) > 0 ? 0.55 + 0.2 * grain(5, 5) : -0.55 + 0.2 * grain(5, 5)
      let other = mix(base * 0.55, Tint(shown: 226, 222, 210), limit(0.5 + grain(8, 3)))
      paintAll { u, v in
        let beyond = ramp(edge - 0.06, edge + 0.06, u)
        let near = base * (0.8 - 0.18 * v), far = other * (0.85 - 0.12 * v)
        let color = edge > 0 ? mix(near, far, beyond) : mix(far, near, beyond)
        return color * (1 - 0.25 * ramp(0.05, 0.02, abs(v - 0.3 * grain(3, 1) - 0.3)) * (edge > 0 ? beyond : 1 - beyond))
      }
    }
  }
}
