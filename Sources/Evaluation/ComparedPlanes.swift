import Pictures

/// What of two pictures is compared.
public enum ComparedChannels: String, CaseIterable, Sendable {
  /// Red, green and blue, each alone.
  case rgb
  /// The brightness Y of BT.601, from 16 to 235, as MATLAB's `rgb2ycbcr` has it and results of super-resolution are told; not
  /// rounded to whole numbers. Of a grey picture, its brightness as it is.
  case luminance
}

/// The planes of a picture without its border, in which an element lies from 0 to 255.
struct ComparedPlanes {
  let width: Int
  let height: Int
  let planes: [[Double]]

  init(_ picture: Picture, _ channels: ComparedChannels, border: Int) {
    let (width, height) = (picture.width - 2 * border, picture.height - 2 * border)
    precondition(
      border >= 0 && width > 0 && height > 0, "a border of \(border) pixels leaves nothing of \(picture.width)×\(picture.height)")
    let count = picture.channels
    let isLuminance = channels == .luminance && count == 3
    var planes = [[Double]](repeating: [Double](repeating: 0, count: width * height), count: isLuminance ? 1 : count)
    for row in 0..<height {
      for column in 0..<width {
        let start = ((row + border) * picture.width + column + border) * count, place = row * width + column
        if isLuminance {
          let (red, green, blue) = (
            Double(picture.pixels[start]), Double(picture.pixels[start + 1]), Double(picture.pixels[start + 2])
          )
          planes[0][place] = 16 + (65.481 * red + 128.553 * green + 24.966 * blue) / 255
        } else {
          for channel in 0..<count { planes[channel][place] = Double(picture.pixels[start + channel]) }
        }
      }
    }
    (self.width, self.height, self.planes) = (width, height, planes)
  }
}

/// Both pictures' planes, which must be as many and as large.
func comparedPlanes(
  _ first: Picture, _ second: Picture, _ channels: ComparedChannels, border: Int
) -> (ComparedPlanes, ComparedPlanes) {
  precondition(
    first.width == second.width && first.height == second.height && first.channels == second.channels,
    "pictures of \(first.width)×\(first.height)×\(first.channels) and \(second.width)×\(second.height)×\(second.channels) cannot be compared"
  )
  return (ComparedPlanes(first, channels, border: border), ComparedPlanes(second, channels, border: border))
}
