/// `text` as a JSON string, quotes included.
func quotedForJSON(_ text: String) -> String {
  var quoted = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"", "\\": quoted += "\\\(scalar)"
    case "\n": quoted += "\\n"
    case "\t": quoted += "\\t"
    case "\r": quoted += "\\r"
    case "\u{0}"..<" ":
      let code = String(scalar.value, radix: 16)
      quoted += "\\u" + String(repeating: "0", count: 4 - code.count) + code
    default: quoted.unicodeScalars.append(scalar)
    }
  }
  return quoted + "\""
}
