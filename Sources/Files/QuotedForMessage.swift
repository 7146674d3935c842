extension String {
  /// In quotes, as a message may show it: of a long text its beginning and end, about 60 characters in all, and
  /// instead of what would move a terminal's cursor its number.
  public var quotedForMessage: String { "“\(shownInMessage)”" }

  /// As ``quotedForMessage``, without the quotes.
  public var shownInMessage: String {
    let scalars = unicodeScalars
    let head = scalars.prefix(60)
    guard head.endIndex < scalars.endIndex else { return String.escaped(head) }
    return String.escaped(head.prefix(44)) + "…" + String.escaped(scalars.suffix(15))
  }

  private static func escaped(_ scalars: Substring.UnicodeScalarView) -> String {
    var text = ""
    for scalar in scalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: text += scalar.escaped(asASCII: true)
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
