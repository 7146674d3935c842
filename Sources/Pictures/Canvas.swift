import Foundation

/// A color picture to draw on. Coordinates are in pixels from the top left corner of the first pixel, so its
/// centre is (0.5, 0.5); what lies outside is not drawn.
struct Canvas {
  private(set) var picture: Picture

  init(width: Int, height: Int) {
    picture = Picture(width: width, height: height, channels: 3, filledWith: 255)
  }

  struct Rectangle {
    var x: Int
    var y: Int
    var width: Int
    var height: Int

    var right: Int { x + width }
    var bottom: Int { y + height }
  }

  mutating func blend(_ color: Color, x: Int, y: Int, opacity: Float) {
    guard opacity > 0, x >= 0, y >= 0, x < picture.width, y < picture.height else { return }
    func mix(_ below: UInt8, _ above: UInt8) -> UInt8 {
      let (below, above) = (Float(below), Float(above))
      return UInt8((below + (above - below) * min(opacity, 1)).rounded())
    }
    let first = (y * picture.width + x) * 3
    picture.pixels[first] = mix(picture.pixels[first], color.red)
    picture.pixels[first + 1] = mix(picture.pixels[first + 1], color.green)
    picture.pixels[first + 2] = mix(picture.pixels[first + 2], color.blue)
  }

  /// Copies a picture, grey or colored; what does not fit is left out.
  mutating func draw(_ other: Picture, x: Int, y: Int) {
    for row in max(0, -y)..<max(0, -y, min(other.height, picture.height - y)) {
      for column in max(0, -x)..<max(0, -x, min(other.width, picture.width - x)) {
        let source = (row * other.width + column) * other.channels
        let target = ((y + row) * picture.width + x + column) * 3
        for channel in 0..<3 { picture.pixels[target + channel] = other.pixels[source + (other.channels == 3 ? channel : 0)] }
      }
    }
  }

  mutating func fill(_ rectangle: Rectangle, _ color: Color) {
    for y in rectangle.y..<max(rectangle.y, rectangle.bottom) {
      for x in rectangle.x..<max(rectangle.x, rectangle.right) { blend(color, x: x, y: y, opacity: 1) }
    }
  }

  mutating func frame(_ rectangle: Rectangle, _ color: Color) {
    fill(Rectangle(x: rectangle.x, y: rectangle.y, width: rectangle.width, height: 1), color)
    fill(Rectangle(x: rectangle.x, y: rectangle.bottom - 1, width: rectangle.width, height: 1), color)
    fill(Rectangle(x: rectangle.x, y: rectangle.y, width: 1, height: rectangle.height), color)
    fill(Rectangle(x: rectangle.right - 1, y: rectangle.y, width: 1, height: rectangle.height), color)
  }

  /// A disc with soft edges: a pixel is covered by how far its centre lies inside.
  mutating func disc(x: Float, y: Float, radius: Float, _ color: Color, opacity: Float = 1) {
    shade(from: (x, y), to: (x, y), reach: radius, color, opacity: opacity)
  }

  /// A line with round ends and soft edges.
  mutating func line(from start: (x: Float, y: Float), to end: (x: Float, y: Float), width: Float, _ color: Color) {
    shade(from: start, to: end, reach: width / 2, color, opacity: 1)
  }

  /// Shades the pixels nearer than `reach` to a segment.
  private mutating func shade(
    from start: (x: Float, y: Float), to end: (x: Float, y: Float), reach: Float, _ color: Color, opacity: Float
  ) {
    guard let columns = pixels(start.x, end.x, reach, below: picture.width),
      let rows = pixels(start.y, end.y, reach, below: picture.height)
    else { return }
    let (dx, dy) = (end.x - start.x, end.y - start.y)
    let squaredLength = dx * dx + dy * dy
    for row in rows {
      for column in columns {
        let (px, py) = (Float(column) + 0.5 - start.x, Float(row) + 0.5 - start.y)
        let along = squaredLength > 0 ? max(0, min(1, (px * dx + py * dy) / squaredLength)) : 0
        let (ox, oy) = (px - along * dx, py - along * dy)
        let coverage = reach + 0.5 - (ox * ox + oy * oy).squareRoot()
        blend(color, x: column, y: row, opacity: min(coverage, 1) * opacity)
      }
    }
  }

  /// The pixels along one axis that a stroke between two places can touch, within the canvas.
  private func pixels(_ first: Float, _ second: Float, _ reach: Float, below limit: Int) -> Range<Int>? {
    let low = max(0, (min(first, second) - reach - 1).rounded(.down))
    let high = min(Float(limit), (max(first, second) + reach + 1).rounded(.up))
    return low < high ? Int(low)..<Int(high) : nil
  }
}
