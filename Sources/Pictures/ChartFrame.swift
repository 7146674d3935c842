/// What charts have in common: white ground, grid, axes with numbers and names, and a legend, all measured first so that
/// nothing is cut off or covered. Text is large for the picture, so that it can be read when that is shown small.
struct ChartFrame {
  struct Title {
    var title: String?
    var horizontal: String?
    var vertical: String?
  }

  /// Names beside the marks they explain: dots in a column on the right, or lines in rows above.
  struct Legend {
    enum Marker { case dot, line }

    let marker: Marker
    let entries: [(name: String, color: Color)]
  }

  private(set) var canvas: Canvas
  /// Where values are drawn.
  let area: Canvas.Rectangle
  private let horizontal: Axis
  private let vertical: Axis

  private static let textScale = 2
  private static let capitalHeight = BitmapFont.capitalHeight * textScale
  private static let lineHeight = BitmapFont.lineHeight * textScale
  private static let margin = 14
  private static let tickLength = 6
  private static let legendLine = 26
  private static let swatch = 18
  /// Between a mark and its name, and between two entries of a row.
  private static let legendGaps = (mark: 8, entry: 24)

  init(width: Int, height: Int, title: Title, horizontal: Axis, vertical: Axis, legend: Legend) {
    (self.horizontal, self.vertical) = (horizontal, vertical)
    canvas = Canvas(width: width, height: height)

    let margin = ChartFrame.margin
    let numbers = vertical.ticks.map { Self.extent(vertical.label($0)) }.max() ?? 0
    let left = margin + (title.vertical == nil ? 0 : ChartFrame.lineHeight + 8) + numbers + ChartFrame.tickLength + 6
    let bottom =
      margin + (title.horizontal == nil ? 0 : ChartFrame.lineHeight + 8) + ChartFrame.capitalHeight
      + ChartFrame.tickLength + 6
    // The last number under the axis is centred on its tick and must not run out of the picture.
    let overhang = (horizontal.ticks.last.map { Self.extent(horizontal.label($0)) } ?? 0) / 2 + 4
    var right = max(margin, overhang), top = margin + (title.title == nil ? 0 : ChartFrame.lineHeight + 8)
    let titleBottom = top
    let rows = legend.marker == .line ? Self.rows(of: legend.entries, width: width - left - right) : []
    top += rows.count * ChartFrame.legendLine
    if legend.marker == .dot, !legend.entries.isEmpty {
      right = margin + Self.legendGaps.entry + (legend.entries.map { Self.extent(ofEntry: $0.name) }.max() ?? 0)
    }
    area = Canvas.Rectangle(x: left, y: top, width: width - left - right, height: height - top - bottom)
    precondition(
      area.width >= 50 && area.height >= 50, "a picture of \(width)×\(height) pixels is too small for this chart")

    drawAxes()
    drawNames(title, left: margin, bottom: height - margin)
    switch legend.marker {
    case .dot:
      for (index, entry) in legend.entries.enumerated() {
        draw(entry, .dot, x: area.right + Self.legendGaps.entry, y: area.y + 4 + index * ChartFrame.legendLine)
      }
    case .line:
      for (index, row) in rows.enumerated() {
        var x = area.x
        for entry in row {
          draw(entry, .line, x: x, y: titleBottom + index * ChartFrame.legendLine)
          x += Self.extent(ofEntry: entry.name) + Self.legendGaps.entry
        }
      }
    }
  }

  private static func extent(_ text: String) -> Int { BitmapFont.width(of: text) * textScale }
  private static func extent(ofEntry name: String) -> Int { swatch + legendGaps.mark + extent(name) }

  /// As many entries a row as fit.
  private static func rows(of entries: [(name: String, color: Color)], width: Int) -> [[(name: String, color: Color)]] {
    var rows: [[(name: String, color: Color)]] = [], used = 0
    for entry in entries {
      let added = legendGaps.entry + extent(ofEntry: entry.name)
      if rows.isEmpty || used + added > width {
        rows.append([entry])
        used = added - legendGaps.entry
      } else {
        rows[rows.count - 1].append(entry)
        used += added
      }
    }
    return rows
  }

  /// A place on the canvas.
  func place(_ x: Double, _ y: Double) -> (x: Float, y: Float) {
    (
      Float(area.x) + Float(horizontal.fraction(x)) * Float(area.width),
      Float(area.bottom) - Float(vertical.fraction(y)) * Float(area.height)
    )
  }

  mutating func draw(_ body: (inout Canvas) -> Void) { body(&canvas) }

  private mutating func drawAxes() {
    let length = ChartFrame.tickLength, halfCapital = ChartFrame.capitalHeight / 2
    for tick in horizontal.ticks {
      let x = Int(place(tick, 0).x)
      canvas.fill(.init(x: x, y: area.y, width: 1, height: area.height), .gridLine)
      canvas.fill(.init(x: x, y: area.bottom, width: 1, height: length), .faintInk)
      canvas.text(horizontal.label(tick), x: x, y: area.bottom + length + 6, alignment: .center)
    }
    for tick in vertical.ticks {
      let y = Int(place(0, tick).y)
      canvas.fill(.init(x: area.x, y: y, width: area.width, height: 1), .gridLine)
      canvas.fill(.init(x: area.x - length, y: y, width: length, height: 1), .faintInk)
      canvas.text(vertical.label(tick), x: area.x - length - 6, y: y - halfCapital, alignment: .trailing)
    }
    canvas.frame(area, .faintInk)
  }

  private mutating func drawNames(_ title: Title, left: Int, bottom: Int) {
    let middle = area.x + area.width / 2
    if let name = title.title { canvas.text(name, x: middle, y: ChartFrame.margin, alignment: .center) }
    if let name = title.horizontal {
      canvas.text(name, x: middle, y: bottom - ChartFrame.lineHeight, alignment: .center, .faintInk)
    }
    if let name = title.vertical { canvas.verticalText(name, x: left, y: area.y + area.height / 2, .faintInk) }
  }

  private mutating func draw(_ entry: (name: String, color: Color), _ marker: Legend.Marker, x: Int, y: Int) {
    let swatch = ChartFrame.swatch, middle = Float(y) + Float(ChartFrame.capitalHeight) / 2
    switch marker {
    case .dot: canvas.disc(x: Float(x + swatch / 2), y: middle, radius: 7, entry.color)
    case .line: canvas.line(from: (Float(x), middle), to: (Float(x + swatch), middle), width: 5, entry.color)
    }
    canvas.text(entry.name, x: x + swatch + Self.legendGaps.mark, y: y)
  }
}
