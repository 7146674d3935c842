extension Appearance {
  /// Half the width of the head at a height; negative above and below it.
  func halfWidth(_ y: Float) -> Float {
    if y < widest {
      let t = (widest - y) / (widest + 1), s = t * t
      return width * signedRoot(1 - s * (0.72 + 0.28 * s))
    }
    let t = (y - widest) / (1 - widest), s = t * t
    let sagging = jowls * bell((y - 0.74) / 0.34)
    let chin = signedRoot(1 - mix(s, s * s, jaw))
    return width * chin * (1 - taper * s) + (chin > 0 ? sagging * chin : 0)
  }

  var headSurface: HeadSurface {
    HeadSurface(-1.06...1.06) { y in
      let w = halfWidth(y), chin = limit((y - 0.1) / 0.9)
      return HeadSurface.Slice(width: w, depth: 1.06 * w, centre: 0.10 * chin * chin)
    }
  }

  /// The outside of the hair: around the skull, and down beside the face where it hangs.
  var hairSurface: HeadSurface {
    let crown = -1 - hair.top, rim = width + hair.side, lowest = (hair.length ?? 0.8) + 0.2
    return HeadSurface(crown - 0.08...max(1.06, lowest)) { y in
      var w: Float
      if y < widest {
        let t = (widest - y) / (widest - crown), s = t * t
        w = rim * signedRoot(1 - s * (0.75 + 0.25 * s))
      } else if let length = hair.length {
        let down = limit((y - widest) / (length - widest))
        let end = ramp(length + 0.12, length - 0.25, y)
        // Under a bob's ends the hair turns in; long hair falls straight and spreads.
        w = (rim + hair.flare * down + 0.03 * bell((down - 0.5) * 1.6)) * (0.86 + 0.14 * end)
      } else {
        w = max(halfWidth(y), 0.2) + hair.side * ramp(0.62, 0, y)
      }
      return HeadSurface.Slice(width: w, depth: 1.06 * w, centre: 0)
    }
  }

  /// Down to where hair grows on the forehead and beside it.
  ///
  /// - Parameter around: From the middle of the forehead (0) over the ear (1) to the nape (2); negative on the right.
  @inline(__always)
  func hairline(_ around: Float) -> Float {
    let side = abs(around)
    let front = hair.front + hair.temples * ramp(0.04, 0.62, abs(around - hair.parting * ramp(0.9, 0.5, side)))
    let line = mix(front, hair.sideburns, ramp(0.66, 0.93, side))
    return mix(line, 0.62, ramp(1.04, 1.3, side))
  }
}
