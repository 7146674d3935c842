import Foundation

/// One side of a grid of images: what it stands for, and the number of each column from the left, or each row from above.
public struct GridAxis: Sendable {
  /// Written along the axis.
  public let name: String
  /// One a column from the left, or one a row from above.
  public let values: [Float]

  /// - Parameters:
  ///   - name: Written along the axis.
  ///   - values: One a column from the left, or one a row from above.
  public init(_ name: String, _ values: [Float]) { (self.name, self.values) = (name, values) }

  /// As many digits as tell neighbours apart.
  var labels: [String] {
    let span = Double(values.max() ?? 0) - Double(values.min() ?? 0)
    let digits = span > 0 && span.isFinite ? min(9, max(0, -Int(log10(span / 20).rounded(.down)))) : 1
    return values.map { value in
      let text = String(format: "%.\(digits)f", value)
      // Without the sign of a zero.
      return Double(text) == 0 ? String(format: "%.\(digits)f", 0.0) : text.replacingOccurrences(of: "-", with: "−")
    }
  }

  /// The places whose labels, `size` pixels long, stand apart when a place takes `step` pixels: the middle one is among them.
  func labelled(size: Int, step: Double) -> [Int] {
    let stride = max(1, Int((Double(size + 8) / step).rounded(.up)))
    return Swift.stride(from: (values.count - 1) / 2 % stride, to: values.count, by: stride).map { $0 }
  }
}

/// Text of a size that can be read when the picture is shown small: the larger the picture, the larger the text.
private struct Lettering {
  let scale: Int

  init(for picture: Picture) { scale = max(2, min(8, max(picture.width, picture.height) / 280)) }

  var capitalHeight: Int { BitmapFont.capitalHeight * scale }
  var lineHeight: Int { BitmapFont.lineHeight * scale }
  var gap: Int { 4 * scale }
  func extent(_ text: String) -> Int { BitmapFont.width(of: text) * scale }
}

private let margin = 10
private let tickLength = 5

extension Picture {
  /// The picture of a grid without padding with numbers and names of its axes, below and, if the rows differ, on the left.
  public func withAxes(horizontal: GridAxis, vertical: GridAxis? = nil) -> Picture {
    let text = Lettering(for: self)
    let columns = horizontal.labels, rows = vertical?.labels ?? []
    let columnWidth = Double(width) / Double(max(1, columns.count)), rowHeight = Double(height) / Double(max(1, rows.count))
    let longest = columns.map(text.extent).max() ?? 0
    // The outermost numbers may be wider than their columns.
    let overhang = max(0, (longest - Int(columnWidth)) / 2)
    let left = vertical == nil ? 0 : text.lineHeight + text.gap + (rows.map(text.extent).max() ?? 0) + text.gap + tickLength
    let area = Canvas.Rectangle(x: margin + max(left, overhang), y: margin, width: width, height: height)
    var canvas = Canvas(
      width: area.right + margin + overhang,
      height: area.bottom + tickLength + text.gap + text.capitalHeight + text.gap + text.lineHeight + margin)
    canvas.draw(self, x: area.x, y: area.y)
    for column in horizontal.labelled(size: longest, step: columnWidth) {
      let x = area.x + Int((Double(column) + 0.5) * columnWidth)
      canvas.fill(.init(x: x, y: area.bottom, width: 2, height: tickLength), .faintInk)
      canvas.text(columns[column], x: x, y: area.bottom + tickLength + text.gap, scale: text.scale, alignment: .center)
    }
    let below = area.bottom + tickLength + text.gap + text.capitalHeight + text.gap
    canvas.text(horizontal.name, x: area.x + width / 2, y: below, scale: text.scale, alignment: .center, .faintInk)
    guard let vertical else { return canvas.picture }
    for row in vertical.labelled(size: text.capitalHeight, step: rowHeight) {
      let y = area.y + Int((Double(row) + 0.5) * rowHeight)
      canvas.fill(.init(x: area.x - tickLength, y: y, width: tickLength, height: 2), .faintInk)
      canvas.text(
        rows[row], x: area.x - tickLength - text.gap, y: y - text.capitalHeight / 2, scale: text.scale, alignment: .trailing)
    }
    canvas.verticalText(vertical.name, x: margin, y: area.y + height / 2, scale: text.scale, .faintInk)
    return canvas.picture
  }

  /// The picture with names on the left, each beside the middle of its rows of pixels.
  package func withRowNames(_ names: [(name: String, middle: Int)]) -> Picture {
    let text = Lettering(for: self)
    let left = margin + (names.map { text.extent($0.name) }.max() ?? 0) + text.gap
    // A name may be taller than the row.
    let overhangs = names.map { row -> Int in text.capitalHeight / 2 + 2 - min(row.middle, height - row.middle) }
    let overhang = max(0, overhangs.max() ?? 0)
    var canvas = Canvas(width: left + width, height: height + 2 * overhang)
    canvas.draw(self, x: left, y: overhang)
    for (name, middle) in names {
      canvas.text(
        name, x: left - text.gap, y: overhang + middle - text.capitalHeight / 2, scale: text.scale, alignment: .trailing)
    }
    return canvas.picture
  }

  /// The picture with names above, each over the middle of its columns of pixels, as wide as all of them are together or
  /// smaller.
  package func withColumnNames(_ names: [String]) -> Picture {
    let text = Lettering(for: self), step = Double(width) / Double(names.count)
    let scale = max(1, min(text.scale, Int(step) / max(1, names.map(BitmapFont.width(of:)).max() ?? 1)))
    let top = BitmapFont.capitalHeight * scale + 2 * text.gap
    var canvas = Canvas(width: width, height: top + height)
    canvas.draw(self, x: 0, y: top)
    for (column, name) in names.enumerated() {
      canvas.text(name, x: Int((Double(column) + 0.5) * step), y: text.gap, scale: scale, alignment: .center)
    }
    return canvas.picture
  }
}
