/// How a camera was held, as EXIF says it: what must be done to the stored picture before it is shown.
enum Orientation: UInt16 {
  case upright = 1, mirrored, upsideDown, mirroredUpsideDown, transposed, turnedRight, transverse, turnedLeft

  /// Whether width and height change places.
  var isSideways: Bool { rawValue > 4 }

  /// The tag 0x0112 of the first directory of EXIF data, which is a TIFF file; upright if there is none that can be.
  init(exif bytes: some RandomAccessCollection<UInt8>) {
    let bytes = Array(bytes.prefix(1 << 16))
    self = .upright
    guard bytes.count >= 8, bytes[0] == bytes[1], bytes[0] == UInt8(ascii: "I") || bytes[0] == UInt8(ascii: "M") else { return }
    func number(_ place: Int, _ size: Int) -> Int? {
      guard place >= 0, place + size <= bytes.count else { return nil }
      let part = bytes[place..<place + size]
      return (bytes[0] == UInt8(ascii: "M") ? Array(part) : part.reversed()).reduce(0) { $0 << 8 | Int($1) }
    }
    guard let start = number(4, 4), let count = number(start, 2) else { return }
    for entry in 0..<count {
      let place = start + 2 + 12 * entry
      guard let tag = number(place, 2) else { return }
      if tag == 0x0112, let value = number(place + 8, 2) {
        self = Orientation(rawValue: UInt16(value)) ?? .upright
        return
      }
    }
  }
}

extension Orientation {
  /// Pixels of `size` bytes each as they are to be shown; width and height are those they are stored with.
  func shown(_ pixels: [UInt8], width: Int, height: Int, size: Int) -> [UInt8] {
    let (right, down) = (size, width * size)
    let (lastColumn, lastRow) = ((width - 1) * right, (height - 1) * down)
    // Where the first pixel shown lies, and how far apart its neighbours to the right and below are.
    let (start, stepRight, stepDown) =
      switch self {
      case .upright: (0, right, down)
      case .mirrored: (lastColumn, -right, down)
      case .upsideDown: (lastColumn + lastRow, -right, -down)
      case .mirroredUpsideDown: (lastRow, right, -down)
      case .transposed: (0, down, right)
      case .turnedRight: (lastRow, -down, right)
      case .transverse: (lastColumn + lastRow, -down, -right)
      case .turnedLeft: (lastColumn, down, -right)
      }
    let (newWidth, newHeight) = isSideways ? (height, width) : (width, height)
    return [UInt8](unsafeUninitializedCapacity: pixels.count) { output, count in
      pixels.withUnsafeBufferPointer { input in
        var place = 0
        for y in 0..<newHeight {
          var source = start + y * stepDown
          for _ in 0..<newWidth {
            for byte in 0..<size { output[place + byte] = input[source + byte] }
            (place, source) = (place + size, source + stepRight)
          }
        }
      }
      count = pixels.count
    }
  }
}

extension Picture {
  /// The picture as it is to be shown.
  func upright(from orientation: Orientation) -> Picture {
    guard orientation != .upright else { return self }
    let (width, height) = orientation.isSideways ? (self.height, self.width) : (self.width, self.height)
    return Picture(
      width: width, height: height, channels: channels,
      pixels: orientation.shown(pixels, width: self.width, height: self.height, size: channels))
  }

  /// One of eight ways to lay a square on itself: 0 is as it is, 1 to 3 are mirrored or upside down or both, and of 4 to 7
  /// width and height change places.
  package func laid(_ way: Int) -> Picture { Orientation(rawValue: UInt16(way + 1)).map(upright) ?? self }

  /// Left and right change places.
  public func mirrored() -> Picture { upright(from: .mirrored) }
}
