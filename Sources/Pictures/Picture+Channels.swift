extension Picture {
  /// Grey (1) or red-green-blue (3): colors become grey with the weights of Rec. 601, as Pillow's `convert("L")` does it.
  public func converted(toChannels count: Int) -> Picture {
    precondition(count == 1 || count == 3, "a picture has 1 or 3 channels, not \(count)")
    if count == channels { return self }
    let area = width * height
    let converted = [UInt8](unsafeUninitializedCapacity: area * count) { output, initialized in
      pixels.withUnsafeBufferPointer { input in
        for index in 0..<area {
          if count == 3 {
            for channel in 0..<3 { output[3 * index + channel] = input[index] }
          } else {
            let red = UInt32(input[3 * index]), green = UInt32(input[3 * index + 1]), blue = UInt32(input[3 * index + 2])
            output[index] = UInt8((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16)
          }
        }
      }
      initialized = area * count
    }
    return Picture(width: width, height: height, channels: count, pixels: converted)
  }

  /// Red-green-blue-opacity pixels laid over one color: `(value · opacity + background · (255 − opacity)) / 255`, rounded.
  init(width: Int, height: Int, rgba: [UInt8], over background: Color, channels: Int) {
    let ground = [background.red, background.green, background.blue].map(UInt32.init)
    let pixels = [UInt8](unsafeUninitializedCapacity: width * height * channels) { output, count in
      rgba.withUnsafeBufferPointer { input in
        ground.withUnsafeBufferPointer { ground in
          for index in 0..<width * height {
            let opacity = UInt32(input[4 * index + 3])
            for channel in 0..<channels {
              let sum = UInt32(input[4 * index + channel]) * opacity + ground[channel] * (255 - opacity)
              output[channels * index + channel] = UInt8((sum + 127) / 255)
            }
          }
        }
      }
      count = width * height * channels
    }
    self.init(width: width, height: height, channels: channels, pixels: pixels)
  }
}
