/// A small font for the numbers and names in charts: capitals 5×7, descenders two rows below, proportional.
enum BitmapFont {
  struct Glyph {
    let width: Int
    /// From the top; in each, bit `width − 1` is the leftmost column.
    let rows: [UInt8]

    typealias Cell = (column: Int, row: Int)

    /// The cells that are joined when the glyph is drawn with a pen: each with its neighbours to the right and
    /// below, diagonally only where no way around the corner exists. A dot is joined with itself.
    let strokes: [(from: Cell, to: Cell)]

    init(width: Int, rows: [UInt8]) {
      self.width = width
      self.rows = rows
      func isSet(_ cell: Cell) -> Bool {
        rows.indices.contains(cell.row) && (0..<width).contains(cell.column)
          && rows[cell.row] >> (width - 1 - cell.column) & 1 == 1
      }
      func isJoined(_ cell: Cell, _ step: Cell) -> Bool {
        isSet((cell.column + step.column, cell.row + step.row))
          && (step.column == 0 || step.row == 0
            || !isSet((cell.column + step.column, cell.row)) && !isSet((cell.column, cell.row + step.row)))
      }
      let forward: [Cell] = [(1, 0), (0, 1), (1, 1), (-1, 1)]
      var strokes: [(from: Cell, to: Cell)] = []
      for row in rows.indices {
        for column in 0..<width where isSet((column, row)) {
          let cell = (column: column, row: row)
          for step in forward where isJoined(cell, step) {
            strokes.append((cell, (column + step.column, row + step.row)))
          }
          let isDot = forward.allSatisfy { !isJoined(cell, $0) && !isJoined(cell, (-$0.column, -$0.row)) }
          if isDot { strokes.append((cell, cell)) }
        }
      }
      self.strokes = strokes
    }
  }

  static let capitalHeight = 7
  /// With descenders.
  static let lineHeight = 9
  /// Columns between letters.
  static let spacing = 1

  static func glyph(_ character: Character) -> Glyph { glyphs[character] ?? unknown }

  static func width(of text: String) -> Int {
    max(0, text.reduce(-spacing) { $0 + glyph($1).width + spacing })
  }

  /// An empty box.
  private static let unknown = Glyph(width: 5, rows: [31, 17, 17, 17, 17, 17, 31])

  /// Cut to the columns in use, so that an `i` is as narrow as it looks.
  private static let glyphs: [Character: Glyph] = drawings.mapValues { drawing in
    let rows = drawing.split(separator: " ").map { UInt8($0, radix: 16)! }
    let used = rows.reduce(0, |)
    guard used != 0 else { return Glyph(width: 3, rows: []) }
    return Glyph(
      width: 8 - used.leadingZeroBitCount - used.trailingZeroBitCount,
      rows: rows.map { $0 >> used.trailingZeroBitCount })
  }

  /// Rows of five columns in hexadecimal, from the top; 10 is the leftmost column alone.
  private static let drawings: [Character: String] = [
    " ": "00",
    "!": "04 04 04 04 04 00 04", "\"": "0A 0A", "#": "0A 0A 1F 0A 1F 0A 0A", "$": "04 0F 14 0E 05 1E 04",
    "%": "18 19 02 04 08 13 03", "&": "0C 12 14 08 15 12 0D", "'": "04 04", "(": "02 04 08 08 08 04 02",
    ")": "08 04 02 02 02 04 08", "*": "00 04 15 0E 15 04", "+": "00 04 04 1F 04 04", ",": "00 00 00 00 00 00 04 04 08",
    "-": "00 00 00 0E", ".": "00 00 00 00 00 00 04", "/": "01 01 02 04 08 10 10", ":": "00 00 04 00 00 00 04",
    ";": "00 00 04 00 00 00 04 04 08", "<": "02 04 08 10 08 04 02", "=": "00 00 1F 00 1F", ">": "08 04 02 01 02 04 08",
    "?": "0E 11 01 02 04 00 04", "@": "0E 11 17 15 17 10 0E", "[": "0E 08 08 08 08 08 0E",
    "\\": "10 10 08 04 02 01 01", "]": "0E 02 02 02 02 02 0E", "^": "04 0A 11", "_": "00 00 00 00 00 00 00 1F",
    "`": "08 04", "{": "02 04 04 08 04 04 02", "|": "04 04 04 04 04 04 04 04 04", "}": "08 04 04 02 04 04 08",
    "~": "00 00 08 15 02", "×": "00 00 11 0A 04 0A 11", "−": "00 00 00 1F",
    "0": "0E 11 11 11 11 11 0E", "1": "04 0C 04 04 04 04 0E", "2": "0E 11 01 02 04 08 1F", "3": "1F 02 04 02 01 11 0E",
    "4": "02 06 0A 12 1F 02 02", "5": "1F 10 1E 01 01 11 0E", "6": "06 08 10 1E 11 11 0E", "7": "1F 01 02 04 08 08 08",
    "8": "0E 11 11 0E 11 11 0E", "9": "0E 11 11 0F 01 02 0C",
    "A": "04 0A 11 11 1F 11 11", "B": "1E 11 11 1E 11 11 1E", "C": "0E 11 10 10 10 11 0E", "D": "1C 12 11 11 11 12 1C",
    "E": "1F 10 10 1E 10 10 1F", "F": "1F 10 10 1E 10 10 10", "G": "0E 11 10 17 11 11 0F", "H": "11 11 11 1F 11 11 11",
    "I": "0E 04 04 04 04 04 0E", "J": "07 02 02 02 02 12 0C", "K": "11 12 14 18 14 12 11", "L": "10 10 10 10 10 10 1F",
    "M": "11 1B 15 15 11 11 11", "N": "11 11 19 15 13 11 11", "O": "0E 11 11 11 11 11 0E", "P": "1E 11 11 1E 10 10 10",
    "Q": "0E 11 11 11 15 12 0D", "R": "1E 11 11 1E 14 12 11", "S": "0F 10 10 0E 01 01 1E", "T": "1F 04 04 04 04 04 04",
    "U": "11 11 11 11 11 11 0E", "V": "11 11 11 11 11 0A 04", "W": "11 11 11 15 15 15 0A", "X": "11 11 0A 04 0A 11 11",
    "Y": "11 11 0A 04 04 04 04", "Z": "1F 01 02 04 08 10 1F",
    "a": "00 00 0E 01 0F 11 0F", "b": "10 10 1E 11 11 11 1E", "c": "00 00 0E 11 10 11 0E", "d": "01 01 0F 11 11 11 0F",
    "e": "00 00 0E 11 1F 10 0E", "f": "06 08 1C 08 08 08 08", "g": "00 00 0F 11 11 11 0F 01 0E",
    "h": "10 10 1E 11 11 11 11", "i": "04 00 04 04 04 04 04", "j": "02 00 02 02 02 02 02 02 0C",
    "k": "10 10 12 14 18 14 12", "l": "08 08 08 08 08 08 04", "m": "00 00 1A 15 15 15 15", "n": "00 00 1E 11 11 11 11",
    "o": "00 00 0E 11 11 11 0E", "p": "00 00 1E 11 11 11 1E 10 10", "q": "00 00 0F 11 11 11 0F 01 01",
    "r": "00 00 16 18 10 10 10", "s": "00 00 0F 10 0E 01 1E", "t": "08 08 1C 08 08 08 06", "u": "00 00 11 11 11 11 0F",
    "v": "00 00 11 11 11 0A 04", "w": "00 00 11 11 15 15 0A", "x": "00 00 11 0A 04 0A 11",
    "y": "00 00 11 11 11 11 0F 01 0E", "z": "00 00 1F 02 04 08 1F",
  ]
}
