import Files

/// The dictionary in Python's notation that starts a `.npy` file, in all the forms that NumPy reads.
struct NPYHeader {
  let type: ElementType
  let isBigEndian: Bool
  let isFortranOrder: Bool
  let dimensions: [Int]

  init(_ text: [UInt8]) throws(TextScanner.Mismatch) {
    // Names and types have no escapes, so Python's single quotes can be read as JSON's double ones.
    var scanner = TextScanner(text.map { $0 == UInt8(ascii: "'") ? UInt8(ascii: "\"") : $0 })
    var descriptor: (type: ElementType, isBigEndian: Bool)?
    var order: Bool?
    var shape: [Int]?
    try scanner.expect("{")
    while !scanner.take("}") {
      scanner.skipSpace()
      let place = scanner.position
      let key = try NPYHeader.string(&scanner)
      try scanner.expect(":")
      switch key {
      case "descr" where descriptor == nil: descriptor = try NPYHeader.descriptor(&scanner)
      case "fortran_order" where order == nil:
        order = scanner.take("True")
        if order == false { try scanner.expect("False") }
      case "shape" where shape == nil: shape = try NPYHeader.shape(&scanner)
      case "descr", "fortran_order", "shape": throw scanner.mismatch("“\(key)” comes twice", at: place)
      default:
        throw scanner.mismatch("\(key.quotedForMessage) is none of descr, fortran_order and shape", at: place)
      }
      if !scanner.take(",") {
        try scanner.expect("}")
        break
      }
    }
    scanner.skipSpace()
    guard scanner.isAtEnd else { throw scanner.mismatch("something follows the closing brace") }
    guard let descriptor else { throw scanner.mismatch("“descr” is missing") }
    guard let order else { throw scanner.mismatch("“fortran_order” is missing") }
    guard let shape else { throw scanner.mismatch("“shape” is missing") }
    (type, isBigEndian) = descriptor
    isFortranOrder = order
    dimensions = shape
  }

  /// A text, marked as Unicode by Python 2 perhaps.
  private static func string(_ scanner: inout TextScanner) throws(TextScanner.Mismatch) -> String {
    _ = scanner.take("u")
    return try scanner.string()
  }

  private static func descriptor(
    _ scanner: inout TextScanner
  ) throws(TextScanner.Mismatch) -> (type: ElementType, isBigEndian: Bool) {
    scanner.skipSpace()
    let place = scanner.position
    if scanner.next(isOneOf: "[(") {
      let found = String(decoding: scanner.text[place...].prefix(200), as: UTF8.self).shownInMessage
      throw scanner.mismatch("the elements are records; save a plain array, one field of it (\(found))", at: place)
    }
    let name = try string(&scanner)
    let hasOrder = name.first.map { "<>|=".contains($0) } ?? false
    let kind = hasOrder ? String(name.dropFirst()) : name
    guard let type = types[kind] else {
      let what = kind.first.flatMap { kinds[$0] }.map { ", \($0)," } ?? ""
      throw scanner.mismatch(
        "elements of type \(name.quotedForMessage)\(what) cannot be read; save the array as float32", at: place)
    }
    return (type, name.first == ">")
  }

  private static func shape(_ scanner: inout TextScanner) throws(TextScanner.Mismatch) -> [Int] {
    var dimensions = [Int]()
    try scanner.expect("(")
    while !scanner.take(")") {
      dimensions.append(try scanner.number())
      // Python 2 marks long numbers.
      if scanner.next(isOneOf: "Ll") { scanner.advance() }
      if !scanner.take(",") {
        // One number in parentheses is no tuple, in Python as here.
        guard dimensions.count > 1 else { throw scanner.mismatch("“,” is expected here") }
        try scanner.expect(")")
        break
      }
    }
    return dimensions
  }

  /// By NumPy's short codes, its letters and its names.
  private static let types: [String: ElementType] = [
    "f8": .float64, "f4": .float32, "f2": .float16, "i8": .int64, "i4": .int32, "i2": .int16, "i1": .int8,
    "u8": .uint64, "u4": .uint32, "u2": .uint16, "u1": .uint8, "b1": .bool,
    "d": .float64, "f": .float32, "e": .float16, "q": .int64, "l": .int64, "i": .int32, "h": .int16, "b": .int8,
    "Q": .uint64, "L": .uint64, "I": .uint32, "H": .uint16, "B": .uint8, "?": .bool,
    "float64": .float64, "float32": .float32, "float16": .float16, "int64": .int64, "int32": .int32, "int16": .int16,
    "int8": .int8, "uint64": .uint64, "uint32": .uint32, "uint16": .uint16, "uint8": .uint8, "bool": .bool,
  ]

  /// What else there is, by the letter it starts with.
  private static let kinds: [Character: String] = [
    "c": "complex numbers", "U": "texts", "S": "texts", "O": "Python objects", "M": "dates", "m": "durations",
    "V": "bytes of an unknown meaning", "f": "floats of an unusual size", "g": "floats of an unusual size",
  ]
}
