/// Columns under their titles, made narrower where a terminal is: cells are broken into lines, and columns left out.
package struct TextTable {
  /// What may be done to a column of a table that is too wide.
  package enum Narrowing {
    /// Its cells are broken behind spaces, or behind `separator`, into lines of at least `least` characters.
    case wrapping(_ column: Int, behind: Character = " ", least: Int = 0)
    /// It is not shown.
    case leavingOut(_ column: Int)
  }

  private let rows: [[String]]
  private let numbers: Set<Int>
  private let narrowings: [Narrowing]
  private static let indent = 2, gap = 2

  /// - Parameters:
  ///   - titles: Of the columns.
  ///   - rows: As many cells each as there are titles.
  ///   - numbers: The columns that end, not begin, at one place.
  ///   - narrowings: What is done one after the other until the table is narrow enough.
  package init(titles: [String], rows: [[String]], numbers: Set<Int> = [], narrowings: [Narrowing]) {
    (self.rows, self.numbers, self.narrowings) = ([titles] + rows, numbers, narrowings)
  }

  /// The lines of the titles, then those of the rows: of at most `width` characters, as far as the narrowings make them.
  package func lines(width: Int) -> (titles: [String], rows: [String]) {
    var columns = Array(rows[0].indices), wrapped = [(column: Int, behind: Character)]()
    let natural = columns.map { column in rows.map { $0[column].count }.max()! }
    var widths = natural
    func total() -> Int { columns.reduce(0) { $0 + widths[$1] } + Self.gap * (columns.count - 1) }
    for narrowing in narrowings where total() > width {
      switch narrowing {
      case .leavingOut(let column): columns.removeAll { $0 == column }
      case .wrapping(let column, let behind, let least):
        wrapped.append((column, behind))
        let widest = rows.map { Self.widest(Self.pieces($0[column], behind: behind)) }.max()!
        widths[column] = min(natural[column], max(widest, least, widths[column] - (total() - width)))
      }
    }
    // Columns left out later made room for what had been broken.
    for (column, _) in wrapped where columns.contains(column) {
      widths[column] = min(natural[column], widths[column] + max(0, width - total()))
    }
    let text = rows.map { row in
      let cells = columns.map { column in
        guard let behind = wrapped.first(where: { $0.column == column })?.behind else { return [row[column]] }
        return String.wrapped(Self.pieces(row[column], behind: behind), width: widths[column], indent: Self.indent)
          .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      }
      return (0..<cells.map(\.count).max()!).map { line in
        zip(columns, cells).map { column, cell in
          let part = line < cell.count ? cell[line] : ""
          let space = String(repeating: " ", count: max(0, widths[column] - part.count))
          return numbers.contains(column) ? space + part : part + space
        }.joined(separator: String(repeating: " ", count: Self.gap)).trimmingTrailingSpaces
      }
    }
    return (text[0], text.dropFirst().flatMap { $0 })
  }

  /// All lines.
  package func text(width: Int) -> String {
    let (titles, rows) = lines(width: width)
    return (titles + rows).joined(separator: "\n")
  }

  private static func pieces(_ cell: String, behind separator: Character) -> [String] {
    var pieces = [""]
    for character in cell {
      pieces[pieces.count - 1].append(character)
      if character == separator { pieces.append("") }
    }
    return pieces
  }

  /// The width that the widest of the pieces takes.
  private static func widest(_ pieces: [String]) -> Int {
    pieces.enumerated().map { ($0.offset > 0 ? indent : 0) + $0.element.trimmingTrailingSpaces.count }.max()!
  }
}
