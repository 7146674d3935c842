import Backends

extension Picture {
  /// Lays images out in rows, left to right and top to bottom.
  ///
  /// - Parameters:
  ///   - images: floats in [0, 1] of shape `[N, height, width, channels]`, with 1 or 3 channels.
  ///   - columns: images in a row; as near to a square as they come if nil.
  ///   - scale: how many pixels of the picture, each way, show one of an image.
  ///   - padding: pixels between images and around them all.
  ///   - background: brightness of the padding.
  public static func grid(
    _ images: [Float], shape: Shape, columns: Int? = nil, scale: Int = 1, padding: Int = 2,
    background: UInt8 = 255
  ) -> Picture {
    let tiles = Tiles(images, shape: shape, scale: scale)
    let columns = columns ?? Int(Double(tiles.count).squareRoot().rounded(.up))
    precondition(columns > 0 && padding >= 0, "a grid of \(columns) columns, \(padding) pixels apart")
    let rows = (tiles.count + columns - 1) / columns
    var picture = Picture(
      width: columns * (tiles.width + padding) + padding, height: rows * (tiles.height + padding) + padding,
      channels: tiles.channels, filledWith: background)
    for index in 0..<tiles.count {
      tiles.draw(
        index, on: &picture, x: padding + index % columns * (tiles.width + padding),
        y: padding + index / columns * (tiles.height + padding))
    }
    return picture
  }

  /// Lays pairs of images out in double rows: originals above, their reconstructions below.
  ///
  /// Arguments as for ``grid(_:shape:columns:scale:padding:background:)``; both arrays have the same shape.
  public static func reconstructions(
    originals: [Float], reconstructions: [Float], shape: Shape, columns: Int = 10, scale: Int = 1,
    padding: Int = 2, background: UInt8 = 255
  ) -> Picture {
    let above = Tiles(originals, shape: shape, scale: scale)
    let below = Tiles(reconstructions, shape: shape, scale: scale)
    precondition(columns > 0 && padding >= 0, "a grid of \(columns) columns, \(padding) pixels apart")
    let columns = min(columns, above.count)
    let pairs = (above.count + columns - 1) / columns
    // Pairs stand apart by more than their halves, so that the eye sees which belong together.
    let gap = 4 * padding + scale
    let pairHeight = 2 * above.height + padding
    var picture = Picture(
      width: columns * (above.width + padding) + padding,
      height: pairs * pairHeight + (pairs - 1) * gap + 2 * padding, channels: above.channels,
      filledWith: background)
    for index in 0..<above.count {
      let x = padding + index % columns * (above.width + padding)
      let y = padding + index / columns * (pairHeight + gap)
      above.draw(index, on: &picture, x: x, y: y)
      below.draw(index, on: &picture, x: x, y: y + above.height + padding)
    }
    return picture
  }
}

/// A batch of images to be drawn enlarged.
private struct Tiles {
  let count: Int
  /// In pixels of the picture.
  let height: Int
  let width: Int
  let channels: Int
  private let images: [Float]
  private let scale: Int

  init(_ images: [Float], shape: Shape, scale: Int) {
    precondition(
      shape.rank == 4 && shape.count > 0 && images.count == shape.count,
      "\(images.count) floats are not images of shape \(shape)")
    precondition(scale > 0, "images cannot be enlarged \(scale) times")
    (count, channels) = (shape[0], shape[3])
    (height, width) = (shape[1] * scale, shape[2] * scale)
    (self.images, self.scale) = (images, scale)
  }

  func draw(_ index: Int, on picture: inout Picture, x: Int, y: Int) {
    let first = index * (height / scale) * (width / scale) * channels
    for row in 0..<height {
      let source = first + row / scale * (width / scale) * channels
      let target = ((y + row) * picture.width + x) * channels
      for column in 0..<width {
        for channel in 0..<channels {
          picture.pixels[target + column * channels + channel] = Picture.byte(
            images[source + column / scale * channels + channel])
        }
      }
    }
  }
}
