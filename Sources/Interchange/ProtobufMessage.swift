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
  /// A whole number among the fields of an encoded message; nil if it has none, or is no such message.
  static func number(_ field: UInt64, in bytes: [UInt8]) -> Int64? {
    var rest = bytes[...]
    var found: Int64?
    while !rest.isEmpty {
      guard let tag = takeVarint(&rest) else { return nil }
      switch tag & 7 {
      case 0:
        guard let value = takeVarint(&rest) else { return nil }
        // Of several the last counts.
        if tag >> 3 == field { found = Int64(bitPattern: value) }
      case 1: rest = rest.dropFirst(8)
      case 2:
        guard let count = takeVarint(&rest), count <= UInt64(rest.count) else { return nil }
        rest = rest.dropFirst(Int(count))
      case 5: rest = rest.dropFirst(4)
      default: return nil
      }
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
