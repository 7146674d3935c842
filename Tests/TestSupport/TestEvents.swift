import Foundation

/// An event of a TensorBoard event file, read by a few lines of their own.
public struct TestEvents {
  public let step: Int
  /// Of its one value; nil for the first record of a file.
  public let tag: String?
  /// Of a scalar; of a picture how many bytes it has.
  public let value: Float
  /// In bytes of the file, where its record starts.
  public let start: Int

  public static func read(_ url: URL) throws -> [TestEvents] {
    let bytes = [UInt8](try Data(contentsOf: url))
    var events: [TestEvents] = [], start = 0
    while start < bytes.count {
      let count = Int(number(bytes[start..<start + 8]))
      let event = fields(bytes[start + 12..<start + 12 + count])
      let value = event[5].map { fields(fields($0)[1]!) }
      let scalar = value?[2].map { Float(bitPattern: UInt32(number($0))) } ?? value?[4].map { Float($0.count) } ?? 0
      events.append(
        TestEvents(
          step: event[2].map { Int(number($0)) } ?? 0, tag: value.map { String(decoding: $0[1]!, as: UTF8.self) },
          value: scalar, start: start))
      start += count + 16
    }
    return events
  }

  /// Little-endian.
  private static func number(_ bytes: some Collection<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The bytes of the last field of every number; those of a whole number as eight.
  private static func fields(_ message: some Collection<UInt8>) -> [Int: [UInt8]] {
    var rest = Array(message)[...], found: [Int: [UInt8]] = [:]
    func varint() -> UInt64 {
      var value: UInt64 = 0, shift: UInt64 = 0
      while let byte = rest.popFirst() {
        value |= UInt64(byte & 0x7F) << shift
        shift += 7
        if byte < 0x80 { break }
      }
      return value
    }
    while !rest.isEmpty {
      let tag = varint()
      if tag & 7 == 0 {
        found[Int(tag >> 3)] = withUnsafeBytes(of: varint().littleEndian) { Array($0) }
      } else {
        let count = tag & 7 == 2 ? Int(varint()) : tag & 7 == 1 ? 8 : 4
        found[Int(tag >> 3)] = Array(rest.prefix(count))
        rest = rest.dropFirst(count)
      }
    }
    return found
  }
}
