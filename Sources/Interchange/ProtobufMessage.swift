/// The bytes of a protocol buffer message, field by field: the five kinds of value that TensorBoard's events use.
///
/// Reference: https://protobuf.dev/programming-guides/encoding
struct ProtobufMessage {
  private(set) var bytes: [UInt8] = []

  mutating func add(_ field: Int, _ value: Int) {
    varint(UInt64(field << 3))
    varint(UInt64(bitPattern: Int64(value)))
  }

  mutating func add(_ field: Int, _ value: Double) {
    varint(UInt64(field << 3 | 1))
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
  }

  mutating func add(_ field: Int, _ value: Float) {
    varint(UInt64(field << 3 | 5))
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
  }

  mutating func add(_ field: Int, _ value: [UInt8]) {
    varint(UInt64(field << 3 | 2))
    varint(UInt64(value.count))
    bytes += value
  }

  mutating func add(_ field: Int, _ value: String) { add(field, Array(value.utf8)) }

  mutating func add(_ field: Int, _ build: (inout ProtobufMessage) -> Void) {
    var message = ProtobufMessage()
    build(&message)
    add(field, message.bytes)
  }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest > 0x7F {
      bytes.append(UInt8(rest & 0x7F | 0x80))
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

extension ProtobufMessage {
  private enum Field {
    case number(Int64)
    case contents(ArraySlice<UInt8>)
    /// Of four or eight bytes.
    case fixed
  }

  /// A whole number among the fields of an encoded message; nil if it has none, or is no such message.
  static func number(_ field: Int, in bytes: [UInt8]) -> Int64? {
    if case .number(let value) = last(field, in: bytes) { value } else { nil }
  }

  /// The bytes of a text or message among the fields of an encoded message; nil if it has none, or is no such message.
  static func contents(_ field: Int, in bytes: [UInt8]) -> [UInt8]? {
    if case .contents(let contents) = last(field, in: bytes) { Array(contents) } else { nil }
  }

  /// Of several fields of a number the last counts.
  private static func last(_ wanted: Int, in bytes: [UInt8]) -> Field? {
    var rest = bytes[...]
    var found: Field?
    while !rest.isEmpty {
      guard let tag = takeVarint(&rest) else { return nil }
      let field: Field
      switch tag & 7 {
      case 0:
        guard let value = takeVarint(&rest) else { return nil }
        field = .number(Int64(bitPattern: value))
      case 1, 5:
        rest = rest.dropFirst(tag & 7 == 1 ? 8 : 4)
        field = .fixed
      case 2:
        guard let count = takeVarint(&rest), count <= UInt64(rest.count) else { return nil }
        field = .contents(rest.prefix(Int(count)))
        rest = rest.dropFirst(Int(count))
      default: return nil
      }
      if tag >> 3 == UInt64(wanted) { found = field }
    }
    return found
  }

  private static func takeVarint(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return value }
    }
    return nil
  }
}
