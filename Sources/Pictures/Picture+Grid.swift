import Backends

extension Picture {
  /// Lays images out in rows, left to right and top to bottom.
  ///
  /// - Parameters:
  ///   - images: floats in [0, 1] of shape `[N, height, width, channels]`. Of two channels the first is shown, grey; of
  ///     four and more the first three, as red, green and blue.
  ///   - columns: images in a row; as near to a square as they come if nil.
  ///   - scale: how many pixels of the picture, each way, show one of an image.
  ///   - padding: pixels between images and around them all.
  ///   - background: brightness of the padding.
  public static func grid(
    _ images: [Float], shape: Shape, columns: Int? = nil, scale: Int = 1, padding: Int = 2,
    background: UInt8 = 255
  ) -> Picture {
    precondition(
      shape.rank == 4 && shape.count > 0 && images.count == shape.count,
      "\(images.count) floats are not images of shape \(shape)")
    var grid = PictureGrid(
      count: shape[0], imageShape: Array(shape.dimensions.dropFirst()), columns: columns, scale: scale,
      padding: padding, background: background)
    grid.append(images)
    return grid.picture
  }

  /// Lays pairs of images out in double rows: originals above, their reconstructions below.
  ///
  /// Arguments as for ``grid(_:shape:columns:scale:padding:background:)``; both arrays have the same shape.
  ///
  /// - Parameter rowNames: Written beside the rows, if any.
  public static func reconstructions(
    originals: [Float], reconstructions: [Float], shape: Shape, columns: Int = 10, scale: Int = 1,
    padding: Int = 2, background: UInt8 = 255, rowNames: (original: String, reconstruction: String)? = nil
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
    guard let rowNames else { return picture }
    return picture.withRowNames(
      (0..<pairs).flatMap { pair in
        let middle = padding + pair * (pairHeight + gap) + above.height / 2
        return [(rowNames.original, middle), (rowNames.reconstruction, middle + above.height + padding)]
      })
  }

  /// How many times each way images are drawn enlarged if nobody says: small ones twice, unless there are very many, and
  /// more where the grid would still be small.
  package static func gridScale(count: Int, imageShape: [Int], columns: Int? = nil) -> Int {
    let columns = columns ?? PictureGrid.columns(count), rows = (count + columns - 1) / columns
    let extent = max(columns * imageShape[1], rows * imageShape[0])
    return max(imageShape[0] < 48 && count <= 400 ? 2 : 1, min(8, 560 / max(1, extent)))
  }
}

/// A grid of images that arrive a few at a time, so that not all of them are held as floats.
public struct PictureGrid {
  /// The grid with the images appended so far; the rest is background.
  public private(set) var picture: Picture
  private let count: Int
  private let imageShape: [Int]
  private let columns: Int
  private let scale: Int
  private let padding: Int
  private var filled = 0

  /// Room for `count` images of `imageShape` `[height, width, channels]`; other arguments as for
  /// ``Picture/grid(_:shape:columns:scale:padding:background:)``.
  public init(
    count: Int, imageShape: [Int], columns: Int? = nil, scale: Int = 1, padding: Int = 2, background: UInt8 = 255
  ) {
    let columns = columns ?? Self.columns(count)
    precondition(imageShape.count == 3 && count > 0, "\(count) images of shape \(imageShape) make no grid")
    precondition(columns > 0 && padding >= 0, "a grid of \(columns) columns, \(padding) pixels apart")
    (self.count, self.imageShape, self.columns) = (count, imageShape, columns)
    (self.scale, self.padding) = (scale, padding)
    let size = Self.size(count: count, imageShape: imageShape, columns: columns, scale: scale, padding: padding)
    picture = Picture(
      width: size.width, height: size.height, channels: imageShape[2] < 3 ? 1 : 3, filledWith: background)
  }

  private static func size(
    count: Int, imageShape: [Int], columns: Int, scale: Int, padding: Int
  ) -> (width: Int, height: Int) {
    let rows = (count + columns - 1) / columns
    return (columns * (imageShape[1] * scale + padding) + padding, rows * (imageShape[0] * scale + padding) + padding)
  }

  /// Throws if the grid would be larger than a picture should be, some 800 MB in color. Arguments as for the initializer.
  package static func requireSize(
    count: Int, imageShape: [Int], columns: Int? = nil, scale: Int = 1, padding: Int = 2
  ) throws(PictureError) {
    let size = size(
      count: count, imageShape: imageShape, columns: columns ?? Self.columns(count), scale: scale, padding: padding)
    guard max(size.width, size.height) <= 1 << 14 else {
      throw PictureError(
        path: "a grid of \(count) images",
        problem: "\(size.width)×\(size.height) pixels are too many, at most \(1 << 14) each way; draw fewer images, or at "
          + "a smaller scale")
    }
  }

  /// In a row of a grid that is nearly square.
  static func columns(_ count: Int) -> Int { Int(Double(count).squareRoot().rounded(.up)) }

  /// Draws the next images, `[N] + imageShape` floats in [0, 1].
  public mutating func append(_ images: [Float]) {
    let added = images.count / imageShape.reduce(1, *)
    precondition(filled + added <= count, "\(filled + added) images in a grid of \(count)")
    let tiles = Tiles(images, shape: Shape([added] + imageShape), scale: scale)
    for index in 0..<added {
      let place = filled + index
      tiles.draw(
        index, on: &picture, x: padding + place % columns * (tiles.width + padding),
        y: padding + place / columns * (tiles.height + padding))
    }
    filled += added
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
  /// Of the images; no more than three of them are drawn.
  private let depth: Int

  init(_ images: [Float], shape: Shape, scale: Int) {
    precondition(
      shape.rank == 4 && shape.count > 0 && images.count == shape.count,
      "\(images.count) floats are not images of shape \(shape)")
    precondition(scale > 0, "images cannot be enlarged \(scale) times")
    (count, depth, channels) = (shape[0], shape[3], shape[3] < 3 ? 1 : 3)
    (height, width) = (shape[1] * scale, shape[2] * scale)
    (self.images, self.scale) = (images, scale)
  }

  func draw(_ index: Int, on picture: inout Picture, x: Int, y: Int) {
    let first = index * (height / scale) * (width / scale) * depth
    for row in 0..<height {
      let source = first + row / scale * (width / scale) * depth
      let target = ((y + row) * picture.width + x) * channels
      for column in 0..<width {
        for channel in 0..<channels {
          picture.pixels[target + column * channels + channel] = Picture.byte(
            images[source + column / scale * depth + channel])
        }
      }
    }
  }
}
