/// Where the middles of a face's eyes are, in pixels from the left upper corner of an upright picture.
public struct EyePositions: Hashable, Sendable {
  /// The eye on the left of the picture, which is the person's right one: across and down.
  public let left: SIMD2<Double>
  /// The eye on the right of the picture.
  public let right: SIMD2<Double>

  /// Two eyes, in either order; nil if they are no pixel apart, or not finite.
  public init?(_ one: SIMD2<Double>, _ other: SIMD2<Double>) {
    let apart = other - one
    guard (apart * apart).sum() >= 1, (apart * apart).sum().isFinite else { return nil }
    (left, right) = one.x <= other.x ? (one, other) : (other, one)
  }

  private init(left: SIMD2<Double>, right: SIMD2<Double>) { (self.left, self.right) = (left, right) }

  /// Where dlib's face network has the eyes of its mean face, if the middle 25 of 32 parts of the picture are shown to it, each way.
  static func ofMeanFace(width: Int, height: Int) -> EyePositions {
    let size = SIMD2(Double(width), Double(height))
    return EyePositions(left: SIMD2(0.3580, 0.3549) * size, right: SIMD2(0.6317, 0.3549) * size)
  }
}

extension Picture {
  /// The face of which the eyes are given, turned upright and scaled so that they lie where dlib's face network expects them: at
  /// 0.358 and 0.632 of the width, and at 0.355 of the height. What lies beyond the picture's edge is as at the edge.
  ///
  /// - Parameters:
  ///   - width, height: Of the result, in pixels.
  ///   - filter: By which larger pictures are reduced before they are turned, which interpolates between four pixels.
  public func aligned(by eyes: EyePositions, width: Int, height: Int, filter: ResizeFilter = .bilinear) -> Picture {
    let wanted = EyePositions.ofMeanFace(width: width, height: height)
    let across = wanted.right - wanted.left, apart = eyes.right - eyes.left
    let scale = min(1, ((across * across).sum() / (apart * apart).sum()).squareRoot())
    func reduced(_ extent: Int) -> Int { max(1, Int((Double(extent) * scale).rounded())) }
    let source = resized(width: reduced(self.width), height: reduced(self.height), by: filter)
    let ratio = SIMD2(Double(source.width) / Double(self.width), Double(source.height) / Double(self.height))
    // A turn and a scale are a product with a complex number: here the one that leads from the result to the source.
    let first = eyes.left * ratio, step = (eyes.right - eyes.left) * ratio / across.x
    return source.turned(width: width, height: height) { place in
      let x = place.x - wanted.left.x, y = place.y - wanted.left.y
      return SIMD2(first.x + step.x * x - step.y * y, first.y + step.y * x + step.x * y)
    }
  }

  /// - Parameter origin: Of a place in the result, where it comes from; both count from corners, so that pixels end in …,5.
  private func turned(width: Int, height: Int, origin: (SIMD2<Double>) -> SIMD2<Double>) -> Picture {
    let last = SIMD2(Double(self.width - 1), Double(self.height - 1))
    var result = [UInt8]()
    result.reserveCapacity(width * height * channels)
    for row in 0..<height {
      for column in 0..<width {
        let place = origin(SIMD2(Double(column) + 0.5, Double(row) + 0.5)) - 0.5
        let inside = place.clamped(lowerBound: .zero, upperBound: last)
        let (x, y) = (Int(inside.x), Int(inside.y)), (u, v) = (inside.x - Double(x), inside.y - Double(y))
        let corner = (y * self.width + x) * channels
        let right = x + 1 < self.width ? channels : 0, down = y + 1 < self.height ? self.width * channels : 0
        for channel in corner..<corner + channels {
          let above = Double(pixels[channel]) * (1 - u) + Double(pixels[channel + right]) * u
          let below = Double(pixels[channel + down]) * (1 - u) + Double(pixels[channel + down + right]) * u
          result.append(UInt8((above * (1 - v) + below * v).rounded()))
        }
      }
    }
    return Picture(width: width, height: height, channels: channels, pixels: result)
  }
}
