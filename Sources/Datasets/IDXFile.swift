import Files
import Foundation

/// An IDX file whose elements are whole numbers from 0 to 255: two zero bytes, the type of the elements, the number
/// of dimensions, each dimension as a big-endian 32-bit number, then the elements, row-major and big-endian.
struct IDXFile {
  let dimensions: [Int]
  let bytes: [UInt8]
  /// Of the file.
  let elementSize: Int

  init(_ url: URL, what: String, ranks: ClosedRange<Int>) throws {
    let file = try InputFile(url)
    let reader = try DecompressingReader(file)

    func damaged(_ byte: Int, _ problem: String) -> DatasetError {
      .damaged(path: file.path, byte: byte, problem: problem)
    }
    func header(_ count: Int, at offset: Int) throws -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: count)
      let read = try bytes.withUnsafeMutableBytes { try reader.read(into: $0) }
      guard read == count else {
        throw damaged(offset + read, offset + read == 0 ? "the file is empty" : "the file ends within the IDX header")
      }
      return bytes
    }

    let magic = try header(4, at: 0)
    guard magic[0] == 0, magic[1] == 0 else { throw damaged(0, IDXFile.otherFormat(magic)) }
    guard let type = ElementType(rawValue: magic[2]) else {
      throw damaged(2, "the file is of unknown type \(magic[2]); IDX has 8, 9, 11, 12, 13 and 14")
    }
    let rank = Int(magic[3])
    guard ranks.contains(rank) else {
      let expected = ranks.count == 1 ? "\(ranks.lowerBound)" : "\(ranks.lowerBound) or \(ranks.upperBound)"
      throw damaged(3, "the file has \(rank) dimensions; \(what) have \(expected) (is it the right file?)")
    }
    let extents = try header(4 * rank, at: 4)
    let dimensions = (0..<rank).map { axis in extents[4 * axis..<4 * axis + 4].reduce(0) { $0 << 8 | Int($1) } }
    let size = dimensions.map(String.init).joined(separator: "×")
    let headerCount = 4 + 4 * rank
    var byteCount = type.size
    for (axis, dimension) in dimensions.enumerated() {
      guard dimension > 0 else { throw damaged(4 + 4 * axis, "the file holds no \(what): its size is \(size)") }
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: dimension)
      // Refused before memory is asked for: a damaged header can claim any size.
      guard !overflow, product <= reader.largestPossibleCount else {
        throw damaged(4, "the header says \(size), more than the file can hold; it is damaged or cut short")
      }
      byteCount = product
    }

    func fill(_ buffer: UnsafeMutableRawBufferPointer, from first: Int) throws {
      let read = try reader.read(into: buffer)
      guard read == buffer.count else {
        let missing = byteCount - first - read
        throw damaged(headerCount + first + read, "the file ends here, \(missing) bytes short of the \(size) of its header")
      }
    }
    elementSize = type.size
    let count = byteCount / type.size
    bytes = try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      let buffer = UnsafeMutableBufferPointer(rebasing: buffer[..<count])
      if type == .unsignedByte {
        try fill(UnsafeMutableRawBufferPointer(buffer), from: 0)
      } else {
        // Wider types a part at a time, so that they never lie in memory as a whole.
        var part = [UInt8](repeating: 0, count: type.size << 14)
        for start in stride(from: 0, to: count, by: 1 << 14) {
          let end = min(start + 1 << 14, count)
          try part.withUnsafeMutableBytes { part in
            let part = UnsafeMutableRawBufferPointer(rebasing: part[..<((end - start) * type.size)])
            try fill(part, from: start * type.size)
            for index in start..<end {
              let value = type.value(at: index - start, of: part)
              guard let byte = UInt8(exactly: value) else {
                throw damaged(
                  headerCount + index * type.size,
                  "element \(index) is \(value.formatted); \(what) are whole numbers from 0 to 255, here as \(type.name)")
              }
              buffer[index] = byte
            }
          }
        }
      }
      initialized = count
    }
    var trailing: UInt8 = 0
    guard try withUnsafeMutableBytes(of: &trailing, { try reader.read(into: $0) }) == 0 else {
      throw damaged(headerCount + byteCount, "there are more bytes than the \(size) of the header")
    }
    self.dimensions = dimensions
  }

  /// What a file is that starts otherwise.
  private static func otherFormat(_ start: [UInt8]) -> String {
    switch start {
    case [0xFD, 0x37, 0x7A, 0x58]: "it is compressed with xz; decompress it (`unxz`) or take the file that ends with .gz"
    case [0x50, 0x4B, 0x03, 0x04]: "it is a zip archive; unpack it and give the folder with the files in it"
    default:
      "not an IDX file: it starts with \(start.map { String($0, radix: 16) }.joined(separator: " ")), not with two zero bytes"
    }
  }
}

extension IDXFile {
  /// The types of elements that the format has, by their numbers in the header.
  enum ElementType: UInt8 {
    case unsignedByte = 0x08, signedByte = 0x09, int16 = 0x0B, int32 = 0x0C, float32 = 0x0D, float64 = 0x0E

    var name: String {
      switch self {
      case .unsignedByte: "unsigned bytes"
      case .signedByte: "signed bytes"
      case .int16: "16-bit integers"
      case .int32: "32-bit integers"
      case .float32: "32-bit floats"
      case .float64: "64-bit floats"
      }
    }

    /// In bytes.
    var size: Int {
      switch self {
      case .unsignedByte, .signedByte: 1
      case .int16: 2
      case .int32, .float32: 4
      case .float64: 8
      }
    }

    /// An element, exactly: a double holds those of all types.
    func value(at index: Int, of bytes: UnsafeMutableRawBufferPointer) -> Double {
      func word<Word: FixedWidthInteger>(_: Word.Type = Word.self) -> Word {
        Word(bigEndian: bytes.loadUnaligned(fromByteOffset: index * size, as: Word.self))
      }
      switch self {
      case .unsignedByte: return Double(word(UInt8.self))
      case .signedByte: return Double(word(Int8.self))
      case .int16: return Double(word(Int16.self))
      case .int32: return Double(word(Int32.self))
      case .float32: return Double(Float(bitPattern: word()))
      case .float64: return Double(bitPattern: word())
      }
    }
  }
}

extension Double {
  /// Whole numbers without a point.
  fileprivate var formatted: String { Int(exactly: self).map { "\($0)" } ?? "\(self)" }
}
