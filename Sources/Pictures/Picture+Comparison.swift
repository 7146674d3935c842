extension Picture {
  /// Of values as files of 8 or 16 bits have them, with or without opacity behind the colors: rounded to 8 bits, over white.
  package init(values: [UInt16], width: Int, channels: Int, depth: Int) {
    let colors = channels < 3 ? 1 : 3, area = values.count / channels, limit = depth == 16 ? 65535 : 255
    var pixels = [UInt8]()
    pixels.reserveCapacity(area * colors)
    for pixel in 0..<area {
      let opacity = colors == channels ? limit : Int(values[(pixel + 1) * channels - 1])
      for channel in 0..<colors {
        let value = Int(values[pixel * channels + channel]) * opacity + limit * (limit - opacity)
        pixels.append(UInt8((value * 255 + limit * limit / 2) / (limit * limit)))
      }
    }
    self.init(width: width, height: area / width, channels: colors, pixels: pixels)
  }

  /// Pictures of one size in a row, with their names above them.
  package static func sideBySide(_ pictures: [(name: String, picture: Picture)]) -> Picture {
    let (width, height) = (pictures[0].picture.width, pictures[0].picture.height), gap = 8, scale = 2
    let top = gap + BitmapFont.lineHeight * scale
    // A name may be wider than a small picture.
    let step = max(width, pictures.map { BitmapFont.width(of: $0.name) * scale }.max()!) + gap
    var canvas = Canvas(width: gap + pictures.count * step, height: top + height + gap)
    for (number, (name, picture)) in pictures.enumerated() {
      canvas.text(name, x: gap + number * step, y: gap, scale: scale)
      canvas.draw(picture, x: gap + number * step, y: top)
    }
    return canvas.picture
  }
}
