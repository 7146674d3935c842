import Files
import Interchange

/// Stanford's PLY, of text or of bytes of either order: the elements `vertex` with `x`, `y`, `z`, and `face` with the list
/// `vertex_indices`. Other elements and properties are passed over.
func readPLY(_ bytes: [UInt8], path: String) throws(InterchangeError) -> Mesh {
  var reader = ByteReader(bytes, path: path)
  let header = try PLYHeader(&reader)
  var builder = MeshBuilder(path: path)
  for element in header.elements {
    // An element takes a byte at least; more of them cannot be there.
    guard element.properties.isEmpty || element.count <= reader.remaining else {
      throw reader.damaged("\(element.count) elements “\(element.name.shownInMessage)” do not fit into the file; it was cut short")
    }
    if element.properties.isEmpty { continue }
    for _ in 0..<element.count {
      var vertex = SIMD3<Float>(repeating: .nan)
      let place = reader.position
      for property in element.properties {
        guard let listCount = property.countType else {
          let value = try header.number(property.type, &reader)
          if element.name == "vertex", let axis = ["x", "y", "z"].firstIndex(of: property.name) { vertex[axis] = Float(value) }
          continue
        }
        let count = try header.number(listCount, &reader)
        guard count >= 0, count <= Double(reader.remaining), let corners = Int(exactly: count) else {
          throw reader.damaged("a list is said to have \(count) entries", at: place)
        }
        let isFace = element.name == "face" && ["vertex_indices", "vertex_index"].contains(property.name)
        for _ in 0..<corners {
          let value = try header.number(property.type, &reader)
          if isFace { try builder.add(corner: Int(exactly: value) ?? -1, at: "byte \(place)") }
        }
        if isFace { try builder.endPolygon(at: "byte \(place)") }
      }
      if element.name == "vertex" { try builder.add(vertex: vertex, at: "byte \(place)") }
    }
  }
  return try builder.mesh()
}

/// What a PLY file says of itself before its data.
private struct PLYHeader {
  enum Format: String {
    case ascii
    case littleEndian = "binary_little_endian"
    case bigEndian = "binary_big_endian"
  }
  enum Number: String {
    case int8, uint8, int16, uint16, int32, uint32, float32, float64

    init?(name: Substring) {
      let older: [Substring: Number] = [
        "char": .int8, "uchar": .uint8, "short": .int16, "ushort": .uint16, "int": .int32, "uint": .uint32, "float": .float32,
        "double": .float64,
      ]
      guard let number = older[name] ?? Number(rawValue: String(name)) else { return nil }
      self = number
    }
  }
  struct Property {
    let name: String
    let type: Number
    /// Of a list.
    let countType: Number?
  }
  struct Element {
    let name: String
    let count: Int
    var properties: [Property] = []
  }
  private(set) var format = Format.ascii
  private(set) var elements: [Element] = []

  init(_ reader: inout ByteReader) throws(InterchangeError) {
    guard reader.line() == ["ply"] else { throw reader.damaged("a PLY file starts with “ply”", at: 0) }
    var hasFormat = false
    while true {
      let place = reader.position
      guard let words = reader.line(keepsComments: true) else {
        throw reader.damaged("the header has no end; the file was cut short")
      }
      let number: (Int) -> Number? = { words.count > $0 ? Number(name: words[$0]) : nil }
      switch words.first {
      case "end_header":
        guard hasFormat else { throw reader.damaged("the header does not say its format", at: place) }
        return
      case "comment", "obj_info", nil: continue
      case "format":
        guard words.count == 3, let known = Format(rawValue: String(words[1])) else {
          throw reader.damaged("a format is ascii, binary_little_endian or binary_big_endian, with a version", at: place)
        }
        (format, hasFormat) = (known, true)
      case "element":
        guard words.count == 3, let count = Int(words[2]), count >= 0, elements.count < 64 else {
          throw reader.damaged("an element has a name and a number", at: place)
        }
        elements.append(Element(name: String(words[1]), count: count))
      case "property":
        guard !elements.isEmpty, elements[elements.count - 1].properties.count < 256 else {
          throw reader.damaged("a property belongs to an element above it", at: place)
        }
        let property: Property
        if words.count == 5, words[1] == "list", let count = number(2), let type = number(3) {
          property = Property(name: String(words[4]), type: type, countType: count)
        } else if words.count == 3, let type = number(1) {
          property = Property(name: String(words[2]), type: type, countType: nil)
        } else {
          throw reader.damaged("a property has a type and a name, or “list” and two types and a name", at: place)
        }
        elements[elements.count - 1].properties.append(property)
      default:
        throw reader.damaged("\((words.first.map(String.init) ?? "").quotedForMessage) is no line of a PLY header", at: place)
      }
    }
  }

  func number(_ type: Number, _ reader: inout ByteReader) throws(InterchangeError) -> Double {
    if format == .ascii {
      reader.skipSpace(acrossLines: true)
      guard let value = reader.decimalNumber() else { throw reader.damaged("a number is expected here") }
      return value
    }
    let isBigEndian = format == .bigEndian
    switch type {
    case .int8: return Double(try reader.integer(Int8.self))
    case .uint8: return Double(try reader.integer(UInt8.self))
    case .int16: return Double(try reader.integer(Int16.self, isBigEndian: isBigEndian))
    case .uint16: return Double(try reader.integer(UInt16.self, isBigEndian: isBigEndian))
    case .int32: return Double(try reader.integer(Int32.self, isBigEndian: isBigEndian))
    case .uint32: return Double(try reader.integer(UInt32.self, isBigEndian: isBigEndian))
    case .float32: return Double(try reader.float(isBigEndian: isBigEndian))
    case .float64: return Double(bitPattern: try reader.integer(UInt64.self, isBigEndian: isBigEndian))
    }
  }
}
