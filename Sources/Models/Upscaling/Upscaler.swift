import Backends
import Pictures
import Tensors

/// Enlarges pictures of any size by a network, tile by tile and strip by strip, in memory that does not grow with them but for a
/// strip's width.
///
/// Tiles overlap by as much as the network sees, up to a limit, so that they fit together. Where it sees no further, pictures are those
/// that the network makes of the whole, but for what a device rounds differently at another size.
public struct Upscaler {
  /// The sides of tiles that can be computed, in small pixels.
  public static let tileSides = 16...2048
  /// The most that tiles overlap on each side: as far as networks of 28 residual blocks see. Further away a network still sees a little.
  public static let largestOverlap = 64

  /// The side of a tile, in small pixels, without what it overlaps.
  public let tile: Int
  /// How far the network looks beyond a tile on each side, in small pixels.
  public let overlap: Int
  /// Whether the network sees no further than that.
  public let isExact: Bool
  private let network: EnlargingNetwork
  private let device: Device

  /// - Parameter model: In evaluation mode.
  /// - Precondition: `tile` is one of ``tileSides``.
  public init(_ model: some EnlargingModel, tile: Int = 256) {
    precondition(Self.tileSides.contains(tile), "a tile of \(tile) pixels; its side lies in \(Self.tileSides)")
    (network, device, self.tile) = (model.enlarging, model.device, tile)
    let reach = network.featureReach + network.pictureReach
    (overlap, isExact) = (min(max(reach, 2), Self.largestOverlap), reach <= Self.largestOverlap)
  }

  /// How many times larger pictures become, each way.
  public var scale: Int { network.scale }

  /// Enlarges a picture of which nothing has been read.
  ///
  /// Grey is shown to the network as color, and is the mean of what it makes of it; opacity is enlarged by bicubic interpolation.
  ///
  /// - Parameters:
  ///   - progress: Told how many small pixels are done.
  ///   - write: Given the next rows of the large picture, `[N, scale · width, channels]`.
  /// - Throws: What reading, computing and `write` throw.
  public func enlarge(
    _ picture: PictureRows, progress: (Int) -> Void = { _ in }, write: ([UInt16]) throws -> Void
  ) throws {
    let rows = Span(tile: tile, overlap: overlap, of: picture.height)
    let columns = Span(tile: tile, overlap: overlap, of: picture.width)
    let opacity = picture.hasOpacity ? EnlargedPlane(width: picture.width, height: picture.height, scale: scale) : nil
    var window = Window(picture), done = 0
    for row in rows.tiles {
      try window.move(to: row.seen)
      var strip = Strip(rows: row.core, of: picture, scale: scale)
      for column in columns.tiles {
        let features = withoutGradient { network.features(window.tensor(column.seen, on: device)) }
        for (top, left) in pieces(row, column) {
          let seen = [0, top.seen.lowerBound - row.seen.lowerBound, left.seen.lowerBound - column.seen.lowerBound, 0]
          let size = [1, top.seen.count, left.seen.count, features.shape[3]]
          let colors = try withoutGradient { network.pictures(features.sliced(from: seen, size: size)) }.scalars()
          strip.set(top, left, colors)
          done += top.core.count * left.core.count
          progress(done)
        }
      }
      if let opacity {
        strip.setOpacity(
          opacity.rows(row.core, of: window.opacity, from: row.seen.lowerBound, limit: Float(strip.limit)))
      }
      try write(strip.values)
    }
  }

  /// The parts of a tile whose large pictures are made at a time: a sixteenth of it, since at the large size features take much
  /// memory.
  private func pieces(_ row: Span.Tile, _ column: Span.Tile) -> [(Span.Tile, Span.Tile)] {
    func parts(_ tile: Span.Tile) -> [Span.Tile] {
      Span(tile: max(16, self.tile / 4), overlap: min(network.pictureReach, overlap), within: tile).tiles
    }
    return parts(row).flatMap { top in parts(column).map { (top, $0) } }
  }
}

/// How an extent of a picture is divided.
private struct Span {
  /// What is computed, and what is looked at for it.
  struct Tile {
    let core: Range<Int>
    let seen: Range<Int>
  }
  let tiles: [Tile]

  init(tile: Int, overlap: Int, of extent: Int) {
    self.init(tile: tile, overlap: overlap, within: Tile(core: 0..<extent, seen: 0..<extent))
  }

  /// Tiles of the core of a larger one. All look at as many pixels, so that a device prepares itself for one size: at the edges
  /// of what there is, those further in.
  init(tile: Int, overlap: Int, within whole: Tile) {
    let size = min(whole.seen.count, tile + 2 * overlap)
    tiles = stride(from: whole.core.lowerBound, to: whole.core.upperBound, by: tile).map { start in
      let first = min(max(whole.seen.lowerBound, start - overlap), whole.seen.upperBound - size)
      return Tile(core: start..<min(start + tile, whole.core.upperBound), seen: first..<first + size)
    }
  }
}

/// The rows of a picture that tiles look at.
private struct Window {
  private let picture: PictureRows
  private var values: [UInt16] = []
  private var rows = 0..<0

  init(_ picture: PictureRows) { self.picture = picture }

  /// Reads on. Rows are never wanted again once others begin further down.
  mutating func move(to wanted: Range<Int>) throws {
    values.removeFirst((wanted.lowerBound - rows.lowerBound) * picture.width * picture.channels)
    values += try picture.next(wanted.upperBound - rows.upperBound)
    rows = wanted
  }

  /// The colors of some columns, `[1, rows, columns, 3]` in [−1, 1].
  func tensor(_ columns: Range<Int>, on device: Device) -> Tensor {
    let scale = 2 / Float(picture.depth == 16 ? 65535 : 255), isGrey = picture.channels < 3
    var colors = [Float]()
    colors.reserveCapacity(rows.count * columns.count * 3)
    for row in 0..<rows.count {
      for column in columns {
        let place = (row * picture.width + column) * picture.channels
        for channel in 0..<3 { colors.append(Float(values[place + (isGrey ? 0 : channel)]) * scale - 1) }
      }
    }
    return Tensor(colors, shape: [1, rows.count, columns.count, 3], on: device)
  }

  /// Of all columns.
  var opacity: [UInt16] { stride(from: picture.channels - 1, to: values.count, by: picture.channels).map { values[$0] } }
}

/// Rows of the large picture while they are put together.
private struct Strip {
  private(set) var values: [UInt16]
  /// The brightest value.
  let limit: UInt16
  private let first: Int
  private let width: Int
  private let channels: Int
  private let scale: Int

  init(rows: Range<Int>, of picture: PictureRows, scale: Int) {
    (first, width, channels, self.scale) = (rows.lowerBound, scale * picture.width, picture.channels, scale)
    limit = picture.depth == 16 ? 65535 : 255
    values = [UInt16](repeating: 0, count: scale * rows.count * width * channels)
  }

  /// - Parameter colors: What the network made of the rows and columns that are seen.
  mutating func set(_ rows: Span.Tile, _ columns: Span.Tile, _ colors: [Float]) {
    let seenWidth = scale * columns.seen.count, isGrey = channels < 3
    let indent = scale * (columns.core.lowerBound - columns.seen.lowerBound)
    for row in scale * rows.core.lowerBound..<scale * rows.core.upperBound {
      var source = ((row - scale * rows.seen.lowerBound) * seenWidth + indent) * 3
      var target = ((row - scale * first) * width + scale * columns.core.lowerBound) * channels
      for _ in 0..<scale * columns.core.count {
        if isGrey {
          values[target] = value((colors[source] + colors[source + 1] + colors[source + 2]) / 3)
        } else {
          for channel in 0..<3 { values[target + channel] = value(colors[source + channel]) }
        }
        (source, target) = (source + 3, target + channels)
      }
    }
  }

  mutating func setOpacity(_ opacity: [UInt16]) {
    for (pixel, value) in opacity.enumerated() { values[(pixel + 1) * channels - 1] = value }
  }

  /// From [−1, 1]; what is no number is black.
  private func value(_ color: Float) -> UInt16 {
    let value = (color + 1) / 2 * Float(limit)
    return value > 0 ? UInt16(min(value, Float(limit)).rounded()) : 0
  }
}
