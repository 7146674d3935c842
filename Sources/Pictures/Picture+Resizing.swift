import CPictureLoops
import Foundation

/// How the pixels of a resized picture are weighted sums of the original's. Reduced pictures are smoothed, so that nothing
/// is left out: the filter grows with the reduction.
public enum ResizeFilter: String, Codable, CaseIterable, Hashable, Sendable {
  /// The mean of the pixels that are covered.
  case box
  /// Linear between neighbours.
  case bilinear
  /// Cubic convolution with a = −0.5 (Keys, 1981).
  case bicubic
  /// Three lobes of the windowed sinc.
  case lanczos
  /// `bicubic` as MATLAB's `imresize` does it: columns before rows, and beyond its edges the picture is its own reflection.
  case matlab

  /// How far the filter reaches at its original size, in pixels.
  var support: Double {
    switch self {
    case .box: 0.5
    case .bilinear: 1
    case .bicubic, .matlab: 2
    case .lanczos: 3
    }
  }

  /// Whether what lies beyond an edge is a reflection of the picture, not left out.
  var reflects: Bool { self == .matlab }

  func weight(at place: Double) -> Double {
    let x = abs(place)
    switch self {
    case .box: return place > -0.5 && place <= 0.5 ? 1 : 0
    case .bilinear: return max(0, 1 - x)
    case .bicubic, .matlab:
      let a = -0.5
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
    case .lanczos:
      func sinc(_ x: Double) -> Double { x == 0 ? 1 : sin(x * .pi) / (x * .pi) }
      return x < 3 ? sinc(place) * sinc(place / 3) : 0
    }
  }
}

/// A part of a picture, in pixels from its top left corner; edges may lie within pixels.
public struct PicturePart: Hashable, Sendable {
  /// Pixels from the left.
  public var x: Double
  /// Pixels from the top.
  public var y: Double
  /// In pixels.
  public var width: Double
  /// In pixels.
  public var height: Double

  /// From its place and size, in pixels.
  public init(x: Double, y: Double, width: Double, height: Double) {
    (self.x, self.y, self.width, self.height) = (x, y, width, height)
  }

  /// The largest part of the proportions `width` to `height`, in the middle.
  public static func center(of picture: (width: Int, height: Int), width: Int, height: Int) -> PicturePart {
    let scale = min(Double(picture.width) / Double(width), Double(picture.height) / Double(height))
    let (partWidth, partHeight) = (Double(width) * scale, Double(height) * scale)
    return PicturePart(
      x: (Double(picture.width) - partWidth) / 2, y: (Double(picture.height) - partHeight) / 2, width: partWidth,
      height: partHeight)
  }
}

extension Picture {
  /// The picture, or a part of it, at another size: rows first, then columns, each rounded to
  /// bytes, which is to the bit what `resize` with `box` gives in Pillow up to 12 (13 sometimes takes columns first).
  ///
  /// - Precondition: `part` has an area, and lies within the picture.
  public func resized(width: Int, height: Int, by filter: ResizeFilter, of part: PicturePart? = nil) -> Picture {
    let part = part ?? PicturePart(x: 0, y: 0, width: Double(self.width), height: Double(self.height))
    precondition(width > 0 && height > 0, "a picture of \(width)×\(height) pixels")
    precondition(
      part.width > 0 && part.height > 0 && part.x >= 0 && part.y >= 0 && part.x + part.width <= Double(self.width) + 1e-6
        && part.y + part.height <= Double(self.height) + 1e-6,
      "\(part) is no part of a picture of \(self.width)×\(self.height) pixels")
    let across = Windows(from: part.x, extent: part.width, of: self.width, to: width, filter)
    var down = Windows(from: part.y, extent: part.height, of: self.height, to: height, filter)
    if filter == .matlab { return resizedColumns(to: height, down).resizedRows(to: width, across) }
    // Only the rows that are asked for later, counted from the first of them.
    let rows = down.isIdentity ? 0..<self.height : down.range
    guard !across.isIdentity else { return resizedColumns(to: height, down) }
    down.shift(by: -rows.lowerBound)
    return resizedRows(to: width, across, of: rows).resizedColumns(to: height, down)
  }

  private func resizedColumns(to height: Int, _ down: Windows) -> Picture {
    guard !down.isIdentity else { return self }
    let rowBytes = width * channels
    let result = [UInt8](unsafeUninitializedCapacity: height * rowBytes) { output, count in
      pixels.withUnsafeBufferPointer { input in
        pl_resize_columns(
          input.baseAddress!, rowBytes, output.baseAddress!, height, down.windows, down.weights, down.taps)
      }
      count = height * rowBytes
    }
    return Picture(width: width, height: height, channels: channels, pixels: result)
  }

  private func resizedRows(to width: Int, _ across: Windows, of rows: Range<Int>? = nil) -> Picture {
    guard !across.isIdentity else { return self }
    let rows = rows ?? 0..<height, size = rows.count * width * channels
    let result = [UInt8](unsafeUninitializedCapacity: size) { output, count in
      pixels.withUnsafeBufferPointer { input in
        pl_resize_rows(
          input.baseAddress! + rows.lowerBound * self.width * channels, self.width, rows.count, Int32(channels),
          output.baseAddress!, width, across.windows, across.weights, across.taps)
      }
      count = size
    }
    return Picture(width: width, height: rows.count, channels: channels, pixels: result)
  }
}

/// Which pixels of one extent make up each new one, and by how much.
private struct Windows {
  private(set) var windows: [PLWindow] = []
  private(set) var weights: [Int32] = []
  /// Places for weights in a window.
  let taps: Int
  let isIdentity: Bool

  init(from start: Double, extent: Double, of size: Int, to count: Int, _ filter: ResizeFilter) {
    let scale = extent / Double(count), filterScale = max(1, scale), support = filter.support * filterScale
    taps = Int(support.rounded(.up)) * 2 + 1
    isIdentity = count == size && start == 0 && extent == Double(size)
    guard !isIdentity else { return }
    windows.reserveCapacity(count)
    weights.reserveCapacity(count * taps)
    var shares = [Double]()
    for index in 0..<count {
      let center = start + (Double(index) + 0.5) * scale
      let first = max(0, Int(center - support + 0.5)), end = min(size, Int(center + support + 0.5))
      shares.removeAll(keepingCapacity: true)
      var sum = 0.0
      func weight(_ place: Int) -> Double { filter.weight(at: (Double(place) - center + 0.5) / filterScale) }
      for place in first..<max(first, end) {
        shares.append(weight(place))
        sum += shares.last!
      }
      if filter.reflects {
        // The pixel at −1 is that at 0, and the one at `size` that at `size` − 1; a filter wider than the picture goes on.
        for place in Int((center - support).rounded(.down))..<Int((center + support).rounded(.up)) where !(first..<end ~= place) {
          let folded = ((place % (2 * size)) + 2 * size) % (2 * size), share = weight(place)
          let inside = min(folded, 2 * size - 1 - folded)
          guard inside >= first, inside < end else { continue }
          shares[inside - first] += share
          sum += share
        }
      }
      windows.append(PLWindow(first: Int32(first), count: Int32(shares.count)))
      for share in shares {
        let weight = (sum == 0 ? share : share / sum) * Double(1 << 22)
        weights.append(Int32(weight < 0 ? weight - 0.5 : weight + 0.5))
      }
      weights.append(contentsOf: repeatElement(0, count: taps - shares.count))
    }
  }

  /// The pixels of the original that are used.
  var range: Range<Int> {
    let first = windows.map { Int($0.first) }.min() ?? 0
    return first..<(windows.map { Int($0.first + $0.count) }.max() ?? first)
  }

  mutating func shift(by places: Int) {
    for index in windows.indices { windows[index].first += Int32(places) }
  }
}
