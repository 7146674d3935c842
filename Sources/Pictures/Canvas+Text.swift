extension Canvas {
  enum Alignment { case leading, center, trailing }

  /// Draws a line of text whose capitals stand between `y` and `y + BitmapFont.capitalHeight · scale`.
  ///
  /// - Parameter x: the left end, middle or right end, by `alignment`.
  mutating func text(
    _ text: String, x: Int, y: Int, scale: Int = 2, alignment: Alignment = .leading, _ color: Color = .ink
  ) {
    let width = BitmapFont.width(of: text) * scale
    var left =
      switch alignment {
      case .leading: x
      case .center: x - width / 2
      case .trailing: x - width
      }
    for character in text {
      let glyph = BitmapFont.glyph(character)
      let origin = (x: Float(left), y: Float(y))
      draw(glyph, scale: scale, color) { (origin.x + $0 * Float(scale), origin.y + $1 * Float(scale)) }
      left += (glyph.width + BitmapFont.spacing) * scale
    }
  }

  /// Draws a line of text from bottom to top, centred at `y`, its capitals between `x` and
  /// `x + BitmapFont.capitalHeight · scale`.
  mutating func verticalText(_ text: String, x: Int, y: Int, scale: Int = 2, _ color: Color = .ink) {
    var bottom = y + BitmapFont.width(of: text) * scale / 2
    for character in text {
      let glyph = BitmapFont.glyph(character)
      let origin = (x: Float(x), y: Float(bottom))
      draw(glyph, scale: scale, color) { (origin.x + $1 * Float(scale), origin.y - $0 * Float(scale)) }
      bottom -= (glyph.width + BitmapFont.spacing) * scale
    }
  }

  /// Joins the centres of neighbouring cells by strokes of a cell's width, so that slanted parts come out
  /// smooth. `place` maps a point in cells of the glyph to the canvas.
  private mutating func draw(
    _ glyph: BitmapFont.Glyph, scale: Int, _ color: Color, place: (Float, Float) -> (x: Float, y: Float)
  ) {
    func center(_ cell: BitmapFont.Glyph.Cell) -> (x: Float, y: Float) {
      place(Float(cell.column) + 0.5, Float(cell.row) + 0.5)
    }
    for stroke in glyph.strokes {
      line(from: center(stroke.from), to: center(stroke.to), width: Float(scale), color)
    }
  }
}
