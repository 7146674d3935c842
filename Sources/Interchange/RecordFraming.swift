/// TFRecord framing: length, checksum of the length, contents, checksum of the contents.
func framedRecord(_ contents: [UInt8]) -> [UInt8] {
  var record = [UInt8]()
  record.reserveCapacity(contents.count + 16)
  let length = withUnsafeBytes(of: UInt64(contents.count).littleEndian) { Array($0) }
  record += length
  withUnsafeBytes(of: maskedChecksum(length).littleEndian) { record += $0 }
  record += contents
  withUnsafeBytes(of: maskedChecksum(contents).littleEndian) { record += $0 }
  return record
}

/// Rotated and shifted, so that a checksum of data that holds checksums stays a good one.
private func maskedChecksum(_ bytes: [UInt8]) -> UInt32 {
  let checksum = crc32c(bytes)
  return (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
}

/// CRC-32C (Castagnoli, as in RFC 3720).
func crc32c(_ bytes: [UInt8]) -> UInt32 {
  ~bytes.reduce(~0) { checksum, byte in checksum >> 8 ^ crcTable[Int(UInt8(truncatingIfNeeded: checksum) ^ byte)] }
}

private let crcTable: [UInt32] = (0..<256).map { index in
  (0..<8).reduce(UInt32(index)) { value, _ in value >> 1 ^ (value & 1 == 0 ? 0 : 0x82F6_3B78) }
}
