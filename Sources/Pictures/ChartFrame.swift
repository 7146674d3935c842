/// What charts have in common: white ground, grid, axes with numbers and names, and a legend on the right,
/// all measured first so that nothing is cut off or covered.
struct ChartFrame {
  struct Title {
    var title: String?
    var horizontal: String?
    var vertical: String?
  }
  typealias LegendEntry = (name: String, color: Color)

  private(set) var canvas: Canvas
  /// Where values are drawn.
  let area: Canvas.Rectangle
  private let horizontal: Axis
  private let vertical: Axis

  private static let textScale = 2
  private static let capitalHeight = BitmapFont.capitalHeight * textScale
  private static let lineHeight = BitmapFont.lineHeight * textScale
  private static let margin = 18
  private static let tickLength = 6
  private static let legendLine = 26
  private static let swatch = 14

  init(
    width: Int, height: Int, title: Title, horizontal: Axis, vertical: Axis, legend: [LegendEntry],
    markers: LegendMarker
  ) {
    (self.horizontal, self.vertical) = (horizontal, vertical)
    canvas = Canvas(width: width, height: height)

    func extent(_ text: String) -> Int { BitmapFont.width(of: text) * ChartFrame.textScale }
    let margin = ChartFrame.margin
    let numbers = vertical.ticks.map { extent(vertical.label($0)) }.max() ?? 0
    let left = margin + (title.vertical == nil ? 0 : ChartFrame.lineHeight + 10) + numbers + ChartFrame.tickLength + 6
    let top = margin + (title.title == nil ? 0 : ChartFrame.lineHeight + 12)
    let bottom =
      margin + (title.horizontal == nil ? 0 : ChartFrame.lineHeight + 10) + ChartFrame.capitalHeight
      + ChartFrame.tickLength + 6
    let names = legend.map { extent($0.name) }.max() ?? 0
    // The last number under the axis is centred on its tick and must not run out of the picture.
    let overhang = (horizontal.ticks.last.map { extent(horizontal.label($0)) } ?? 0) / 2
    let right = legend.isEmpty ? max(margin, overhang) : margin + names + 10 + ChartFrame.swatch + 22
    area = Canvas.Rectangle(x: left, y: top, width: width - left - right, height: height - top - bottom)
    precondition(
      area.width >= 50 && area.height >= 50, "a picture of \(width)×\(height) pixels is too small for this chart")

    drawAxes()
    drawNames(title, left: margin, bottom: height - margin)
    drawLegend(legend, markers)
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

  enum LegendMarker { case dot, line }

  private mutating func drawLegend(_ legend: [LegendEntry], _ marker: LegendMarker) {
    let x = area.right + 22, swatch = ChartFrame.swatch
    for (index, entry) in legend.enumerated() {
      let y = area.y + 4 + index * ChartFrame.legendLine
      let middle = Float(y) + Float(ChartFrame.capitalHeight) / 2
      switch marker {
      case .dot: canvas.disc(x: Float(x + swatch / 2), y: middle, radius: 6, entry.color)
      case .line:
        canvas.line(from: (Float(x), middle), to: (Float(x + swatch), middle), width: 4, entry.color)
      }
      canvas.text(entry.name, x: x + swatch + 10, y: y)
    }
  }
}
