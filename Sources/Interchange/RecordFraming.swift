import Files

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

/// The record that starts at byte `offset` of a file, or nil if no whole one does: the file ends within it, or a
/// checksum is wrong.
func framedRecord(in file: InputFile, at offset: Int) throws -> [UInt8]? {
  let frame = 16
  guard offset <= file.size - frame else { return nil }
  let length = try file.read(count: 8, at: offset)
  guard try checksum(in: file, at: offset + 8) == maskedChecksum(length) else { return nil }
  let count = length.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
  // Checked before memory is asked for.
  guard count <= UInt64(file.size - offset - frame) else { return nil }
  let contents = try file.read(count: Int(count), at: offset + 12)
  return try checksum(in: file, at: offset + 12 + Int(count)) == maskedChecksum(contents) ? contents : nil
}

private func checksum(in file: InputFile, at offset: Int) throws -> UInt32 {
  UInt32(littleEndian: try file.read(UInt32.self, count: 1, at: offset)[0])
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
