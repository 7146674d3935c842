/// Red, green and blue in linear light.
typealias Tint = SIMD3<Float>

extension Tint {
  /// From a color as screens show it, 0…255, with a gamma of 2.
  init(shown red: Float, _ green: Float, _ blue: Float) {
    let color = SIMD3(red, green, blue) / 255
    self = color * color
  }

  /// The colors of `stops`, which lie evenly over 0…1.
  init(_ place: Float, along stops: [Tint]) {
    let position = limit(place) * Float(stops.count - 1)
    let index = Swift.min(Int(position), stops.count - 2)
    self = mix(stops[index], stops[index + 1], position - Float(index))
  }
}

@inline(__always)
func limit(_ value: Float, _ low: Float = 0, _ high: Float = 1) -> Float { min(max(value, low), high) }

/// Every part between 0 and 1.
@inline(__always)
func limit(_ color: Tint) -> Tint { Tint(limit(color.x), limit(color.y), limit(color.z)) }

@inline(__always)
func mix(_ first: Float, _ second: Float, _ share: Float) -> Float { first + (second - first) * share }

@inline(__always)
func mix(_ first: Tint, _ second: Tint, _ share: Float) -> Tint { first + (second - first) * share }

/// From 0 at `low` to 1 at `high`, smooth at both ends; `low` may be the larger one.
@inline(__always)
func ramp(_ low: Float, _ high: Float, _ value: Float) -> Float {
  let t = limit((value - low) / (high - low))
  return t * t * (3 - 2 * t)
}

/// 1 at 0, smoothly 0 from 1 on.
@inline(__always)
func bell(_ distance: Float) -> Float {
  let rest = max(0, 1 - distance * distance)
  return rest * rest
}

/// 1 in the middle of an ellipse, smoothly 0 at its edge.
@inline(__always)
func blob(_ x: Float, _ y: Float, _ width: Float, _ height: Float) -> Float {
  let (u, v) = (x / width, y / height)
  let rest = max(0, 1 - u * u - v * v)
  return rest * rest
}

/// The square root that keeps a negative sign.
@inline(__always)
func signedRoot(_ value: Float) -> Float { value < 0 ? -(-value).squareRoot() : value.squareRoot() }

/// How much of a stroke of half width `reach` covers a pixel at `distance`; both in the same unit as `pixel`.
@inline(__always)
func stroke(_ distance: Float, _ reach: Float, _ pixel: Float) -> Float {
  // A stroke thinner than a pixel covers it in part.
  let soft = max(reach, 0.5 * pixel)
  return limit((soft - abs(distance)) / pixel + 0.5) * min(1, reach / (0.5 * pixel))
}

/// How much of what lies where `distance` is positive covers a pixel.
@inline(__always)
func cover(_ distance: Float, _ pixel: Float) -> Float { limit(distance / pixel + 0.5) }

/// Smooth noise in −1…1 with a grain of 1, the same for the same `seed`: values on a lattice and between them.
struct Noise {
  private let seed: UInt32

  init(_ seed: UInt32) { self.seed = seed }

  @inline(__always)
  private func value(_ x: Int32, _ y: Int32) -> Float {
    var word = UInt32(bitPattern: x) &* 0x8DA6_B343 ^ UInt32(bitPattern: y) &* 0xD816_3841 ^ seed
    word = (word ^ word >> 15) &* 0x2C1B_3C6D
    word = (word ^ word >> 12) &* 0x297A_2D39
    return Float(word >> 8) * 0x1p-23 - 1
  }

  @inline(__always)
  func callAsFunction(_ x: Float, _ y: Float) -> Float {
    // Shifted, so that cutting off rounds down.
    let (px, py) = (x + 512, y + 512)
    let (column, row) = (Int32(px), Int32(py))
    let (u, v) = (px - Float(column), py - Float(row))
    let (su, sv) = (u * u * (3 - 2 * u), v * v * (3 - 2 * v))
    let above = mix(value(column, row), value(column &+ 1, row), su)
    let below = mix(value(column, row &+ 1), value(column &+ 1, row &+ 1), su)
    return mix(above, below, sv)
  }
}
