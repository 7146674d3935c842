import Files

/// The JSON object that starts a safetensors file.
///
/// Read by hand because Foundation's readers keep one of two entries of the same name and say nothing.
struct SafetensorsHeader {
  struct Entry {
    let name: String
    let type: ElementType
    let shape: [Int]
    let begin: Int
    let end: Int
  }

  private(set) var metadata: [String: String] = [:]
  private(set) var entries: [Entry] = []

  init(_ text: [UInt8]) throws(TextScanner.Mismatch) {
    guard text.first == UInt8(ascii: "{") else {
      throw TextScanner.Mismatch(position: 0, problem: "“{” is expected here; is it a safetensors file?")
    }
    var scanner = TextScanner(text)
    var hasMetadata = false
    try SafetensorsHeader.object(&scanner) { (name, place, scanner) throws(TextScanner.Mismatch) in
      if name == "__metadata__" {
        guard !hasMetadata else { throw scanner.mismatch("“__metadata__” comes twice", at: place) }
        hasMetadata = true
        metadata = try SafetensorsHeader.metadata(&scanner)
      } else {
        entries.append(try SafetensorsHeader.entry(name, &scanner))
      }
    }
    scanner.skipSpace()
    guard scanner.isAtEnd else { throw scanner.mismatch("something follows the closing brace") }
  }

  private static func metadata(_ scanner: inout TextScanner) throws(TextScanner.Mismatch) -> [String: String] {
    var metadata: [String: String] = [:]
    try object(&scanner) { (key, place, scanner) throws(TextScanner.Mismatch) in
      guard metadata.updateValue(try scanner.string(), forKey: key) == nil else {
        throw scanner.mismatch("\(key.quotedForMessage) comes twice", at: place)
      }
    }
    return metadata
  }

  private static func entry(_ name: String, _ scanner: inout TextScanner) throws(TextScanner.Mismatch) -> Entry {
    var type: ElementType?
    var shape: [Int]?
    var offsets: [Int]?
    try object(&scanner) { (key, place, scanner) throws(TextScanner.Mismatch) in
      switch key {
      case "dtype" where type == nil:
        let typeName = try scanner.string()
        type = ElementType(rawValue: typeName)
        guard type != nil else {
          throw scanner.mismatch("the type \(typeName.quotedForMessage) of \(name.quotedForMessage) cannot be read", at: place)
        }
      case "shape" where shape == nil: shape = try numbers(&scanner)
      case "data_offsets" where offsets == nil:
        offsets = try numbers(&scanner)
        guard offsets?.count == 2 else { throw scanner.mismatch("“data_offsets” are two numbers", at: place) }
      default: throw scanner.mismatch("\(key.quotedForMessage) of \(name.quotedForMessage) is unknown or comes twice", at: place)
      }
    }
    guard let type, let shape, let offsets else {
      throw scanner.mismatch("\(name.quotedForMessage) lacks dtype, shape or data_offsets")
    }
    return Entry(name: name, type: type, shape: shape, begin: offsets[0], end: offsets[1])
  }

  /// Calls `member` at the value of each member of a JSON object, with its name and where the name stands.
  private static func object(
    _ scanner: inout TextScanner,
    _ member: (String, Int, inout TextScanner) throws(TextScanner.Mismatch) -> Void
  ) throws(TextScanner.Mismatch) {
    try scanner.expect("{")
    if scanner.take("}") { return }
    repeat {
      scanner.skipSpace()
      let place = scanner.position
      let name = try scanner.string()
      try scanner.expect(":")
      try member(name, place, &scanner)
    } while scanner.take(",")
    try scanner.expect("}")
  }

  private static func numbers(_ scanner: inout TextScanner) throws(TextScanner.Mismatch) -> [Int] {
    var numbers = [Int]()
    try scanner.expect("[")
    if scanner.take("]") { return numbers }
    repeat { numbers.append(try scanner.number()) } while scanner.take(",")
    try scanner.expect("]")
    return numbers
  }
}
