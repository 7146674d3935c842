extension String {
  /// Lines of at most `width` characters, broken at spaces, later ones indented. What stands in quotes is there to be copied,
  /// and stays whole; so do words that are wider. Lines that the text has remain.
  package func wrapped(width: Int, indent: Int = 2) -> String {
    guard width < .max else { return self }
    return split(separator: "\n", omittingEmptySubsequences: false).map { line in
      Self.wrapped(line.pieces, width: width, indent: indent)
    }.joined(separator: "\n")
  }

  /// Pieces, each with the space or sign that stands behind it, in lines of at most `width` characters, as far as they are not
  /// wider themselves.
  package static func wrapped(_ pieces: some Sequence<String>, width: Int, indent: Int) -> String {
    var lines = [""]
    for piece in pieces {
      let line = lines[lines.count - 1], end = line.count + piece.trimmingTrailingSpaces.count
      if end > width, !line.allSatisfy({ $0 == " " }) {
        lines.append(String(repeating: " ", count: indent) + piece)
      } else {
        lines[lines.count - 1] += piece
      }
    }
    return lines.map(\.trimmingTrailingSpaces).joined(separator: "\n")
  }

  var trimmingTrailingSpaces: String {
    var rest = self[...]
    while rest.last == " " { rest.removeLast() }
    return String(rest)
  }
}

extension Substring {
  /// Words with the space behind them; a quotation is one.
  fileprivate var pieces: [String] {
    let quotes: [Character: Character] = ["'": "'", "`": "`", "“": "”"]
    var pieces = [""], closing: Character?, before: Character = " "
    for character in self {
      pieces[pieces.count - 1].append(character)
      if character == closing {
        closing = nil
      } else if closing == nil {
        // Not an apostrophe.
        if before == " " || before == "(" { closing = quotes[character] }
        if character == " " { pieces.append("") }
      }
      before = character
    }
    return pieces
  }
}
