import CZlib
import Files
import Interchange

/// A variable of a MATLAB file of level 5 (MATLAB's formats 6 and 7): what scipy's `savemat` and MATLAB's `save` write.
///
/// Reference: MathWorks, MAT-File Format (level 5).
package struct MATVariable {
  package enum Contents {
    case numbers(MATNumbers)
    case text(String)
    /// In the order of a MATLAB array: the first axis is the fastest.
    case cells([MATVariable])
    /// The fields of the first element, by name.
    case structure([String: MATVariable])
    /// What it is and cannot be read.
    case other(String)
  }

  package let dimensions: [Int]
  package let contents: Contents

  /// - Parameter name: Of the variable.
  package init(_ bytes: [UInt8], named name: String, path: String) throws(InterchangeError) {
    var reader = ByteReader(bytes, path: path)
    if bytes.starts(with: [0x89, 0x48, 0x44, 0x46]) || bytes.starts(with: Array("MATLAB 7.3".utf8)) {
      throw reader.damaged("this is MATLAB's format 7.3, which is HDF5; save it with “-v7” there, or with scipy.io.savemat", at: 0)
    }
    guard bytes.count >= 128 else {
      throw reader.damaged("the file ends within the header of a MATLAB file; it was cut short", at: bytes.count)
    }
    try reader.skip(124)
    let version = Array(bytes[124..<128])
    let isBigEndian = version == [1, 0, 0x4D, 0x49]
    try reader.skip(4)
    guard isBigEndian || version == [0, 1, 0x49, 0x4D] else {
      throw reader.damaged("this is no MATLAB file of level 5; save it with “-v7” in MATLAB, or with scipy.io.savemat", at: 124)
    }
    var found = [String]()
    while reader.remaining >= 8 {
      let place = reader.position
      guard let (type, contents) = try Self.element(&reader, isBigEndian) else { break }
      var inner: ByteReader
      switch type {
      case 15:
        let matrix = try Self.inflated(contents, of: reader, at: place, isBigEndian)
        inner = ByteReader(matrix, path: path)
        guard let (type, contents) = try Self.element(&inner, isBigEndian), type == 14 else { continue }
        inner = ByteReader(Array(contents), path: path)
      case 14: inner = ByteReader(Array(contents), path: path)
      default: continue
      }
      let header = try Header(&inner, isBigEndian, at: place)
      guard header.name == name else {
        found.append(header.name.quotedForMessage)
        continue
      }
      let error = { InterchangeError(path: path, place: "variable \(name.quotedForMessage)", problem: $0) }
      try self.init(header, &inner, isBigEndian, depth: 0, error)
      return
    }
    throw InterchangeError(
      path: path, place: "variable \(name.quotedForMessage)",
      problem: found.isEmpty
        ? "there are no variables" : "there is none of this name, only \(found.prefix(10).joined(separator: ", "))")
  }

  private init(dimensions: [Int], contents: Contents) { (self.dimensions, self.contents) = (dimensions, contents) }

  /// How many cells and structures may lie within each other.
  private static let greatestDepth = 8

  private init(
    _ header: Header, _ reader: inout ByteReader, _ isBigEndian: Bool, depth: Int, _ error: (String) -> InterchangeError
  ) throws(InterchangeError) {
    guard depth < Self.greatestDepth else { throw error("more than \(Self.greatestDepth) arrays lie within each other") }
    dimensions = header.dimensions
    let shape = dimensions.map(String.init).joined(separator: "×")
    var count = 1
    for extent in dimensions {
      let (product, isTooLarge) = count.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !isTooLarge else { throw error("its size \(shape) is impossible; the file is damaged") }
      count = product
    }
    /// The variables that follow, a cell's or a field's each; every one takes eight bytes or more.
    func variables(_ count: Int) throws(InterchangeError) -> [MATVariable] {
      guard count <= reader.remaining / 8 else { throw error("it is said to hold \(count) arrays; the file was cut short") }
      var all = [MATVariable]()
      all.reserveCapacity(count)
      for _ in 0..<count {
        guard let (type, contents) = try Self.element(&reader, isBigEndian), type == 14 else {
          throw error("something in it is no array; the file is damaged")
        }
        all.append(try MATVariable(within: contents, reader.path, isBigEndian, depth: depth + 1, error))
      }
      return all
    }
    switch header.kind {
    case 1: contents = .cells(try variables(count))
    case 2:
      guard let (_, length) = try Self.element(&reader, isBigEndian), length.count == 4,
        let (_, letters) = try Self.element(&reader, isBigEndian)
      else { throw error("its fields have no names; the file is damaged") }
      let size = length.enumerated().reduce(0) { $0 | Int($1.element) << (8 * (isBigEndian ? 3 - $1.offset : $1.offset)) }
      guard size > 0, letters.count % size == 0 else { throw error("the names of its fields are damaged") }
      let names = stride(from: letters.startIndex, to: letters.endIndex, by: size).map { start in
        String(decoding: letters[start..<start + size].prefix { $0 != 0 }, as: UTF8.self)
      }
      // Of several elements, the first: one after the other, each with all its fields.
      let values = count == 0 ? [] : try variables(names.count)
      contents = .structure(Dictionary(zip(names, values)) { first, _ in first })
    case 4:
      guard let (type, letters) = try Self.element(&reader, isBigEndian) else { throw error("its letters are missing") }
      contents = .text(Self.text(letters, type: type, isBigEndian))
    case 6...15 where header.isComplex: contents = .other("it has complex numbers")
    case 6...15:
      guard let (type, bytes) = try Self.element(&reader, isBigEndian), let stored = MATNumbers.Stored(rawValue: type) else {
        throw error("its values are missing or of an unknown type")
      }
      guard bytes.count / stored.size == count, bytes.count % stored.size == 0 else {
        throw error("its size is \(shape), but its values take \(bytes.count) bytes; the file is damaged")
      }
      contents = .numbers(MATNumbers(bytes: Array(bytes), stored: stored, isBigEndian: isBigEndian))
    case 3, 5:
      contents = .other("it is \(header.kind == 3 ? "an object" : "a sparse matrix"), not an array of numbers")
    default: contents = .other("it is of an unknown class, not an array of numbers")
    }
  }

  /// One that lies in a cell or field; an empty one may have nothing at all.
  private init(
    within bytes: ArraySlice<UInt8>, _ path: String, _ isBigEndian: Bool, depth: Int, _ error: (String) -> InterchangeError
  ) throws(InterchangeError) {
    guard !bytes.isEmpty else {
      self.init(dimensions: [0, 0], contents: .numbers(MATNumbers(bytes: [], stored: .double, isBigEndian: isBigEndian)))
      return
    }
    var reader = ByteReader(Array(bytes), path: path)
    try self.init(try Header(&reader, isBigEndian, at: 0), &reader, isBigEndian, depth: depth, error)
  }

  private static func text(_ letters: ArraySlice<UInt8>, type: Int, _ isBigEndian: Bool) -> String {
    // 16 bits a letter, as MATLAB holds them, or UTF-16.
    guard type == 4 || type == 17 else { return String(decoding: letters, as: UTF8.self) }
    let words = stride(from: letters.startIndex, to: letters.endIndex - 1, by: 2).map { place in
      isBigEndian
        ? UInt16(letters[place]) << 8 | UInt16(letters[place + 1]) : UInt16(letters[place + 1]) << 8 | UInt16(letters[place])
    }
    return String(decoding: words, as: UTF16.self)
  }

  /// The next element's type and contents; nil at the end of what is there.
  private static func element(_ reader: inout ByteReader, _ isBigEndian: Bool) throws(InterchangeError) -> (Int, ArraySlice<UInt8>)?
  {
    guard reader.remaining >= 8 else { return nil }
    let first = try reader.integer(UInt32.self, isBigEndian: isBigEndian)
    let start: Int, count: Int, type: Int
    if first >> 16 != 0 {
      // Four bytes and fewer stand in the tag itself.
      (type, count, start) = (Int(first & 0xFFFF), Int(first >> 16), reader.position)
      guard count <= 4 else { throw reader.damaged("a small element of \(count) bytes") }
      try reader.skip(4)
    } else {
      (type, count) = (Int(first), Int(try reader.integer(UInt32.self, isBigEndian: isBigEndian)))
      start = reader.position
      guard count <= reader.remaining else {
        throw reader.damaged("\(count) bytes are said to follow, but the file has \(reader.remaining) more; it was cut short")
      }
      // Elements but the compressed ones are filled up to eight bytes; the last one may end with the file.
      try reader.skip(type == 15 ? count : min(reader.remaining, (count + 7) / 8 * 8))
    }
    return (type, reader.bytes[start..<start + count])
  }

  /// In bytes: what the largest volume takes, and its header.
  private static let largestInflated = 1 << 30

  /// A compressed element, with its tag.
  private static func inflated(
    _ bytes: ArraySlice<UInt8>, of reader: ByteReader, at place: Int, _ isBigEndian: Bool
  ) throws(InterchangeError) -> [UInt8] {
    func inflate(atMost count: Int) -> [UInt8] {
      [UInt8](unsafeUninitializedCapacity: count) { output, written in
        bytes.withUnsafeBufferPointer { input in
          var stream = z_stream()
          guard inflateInit_(&stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return }
          defer { inflateEnd(&stream) }
          stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
          stream.avail_in = UInt32(input.count)
          stream.next_out = output.baseAddress
          stream.avail_out = UInt32(count)
          _ = CZlib.inflate(&stream, Z_NO_FLUSH)
          written = count - Int(stream.avail_out)
        }
      }
    }
    let tag = inflate(atMost: 8)
    guard tag.count == 8 else { throw reader.damaged("a compressed variable is damaged", at: place) }
    let size = tag[4...].reduce(0) { isBigEndian ? $0 << 8 | Int($1) : $0 >> 8 | Int($1) << 24 }
    guard size <= largestInflated else { throw reader.damaged("a variable of \(size) bytes is more than is read", at: place) }
    let whole = inflate(atMost: size + 8)
    guard whole.count == size + 8 else {
      throw reader.damaged("a compressed variable ends after \(whole.count) of \(size + 8) bytes; the file is damaged", at: place)
    }
    return whole
  }

  /// What stands before a variable's values.
  private struct Header {
    let kind: Int
    let isComplex: Bool
    let dimensions: [Int]
    let name: String

    init(_ reader: inout ByteReader, _ isBigEndian: Bool, at place: Int) throws(InterchangeError) {
      guard let (_, flags) = try element(&reader, isBigEndian), flags.count >= 4,
        let (_, extents) = try element(&reader, isBigEndian), extents.count % 4 == 0,
        let (_, letters) = try element(&reader, isBigEndian)
      else { throw reader.damaged("a variable's header is cut short", at: place) }
      var flagReader = ByteReader(Array(flags), path: reader.path), extentReader = ByteReader(Array(extents), path: reader.path)
      let word = try flagReader.integer(UInt32.self, isBigEndian: isBigEndian)
      (kind, isComplex) = (Int(word & 0xFF), word & 0x0800 != 0)
      var dimensions = [Int]()
      while !extentReader.isAtEnd { dimensions.append(Int(try extentReader.integer(Int32.self, isBigEndian: isBigEndian))) }
      self.dimensions = dimensions
      name = String(decoding: letters, as: UTF8.self)
    }
  }
}

/// The numbers of a variable, as they are stored, whatever class they belong to.
package struct MATNumbers {
  enum Stored: Int {
    case int8 = 1, uint8, int16, uint16, int32, uint32, single
    case double = 9, int64 = 12, uint64

    var size: Int {
      switch self {
      case .int8, .uint8: 1
      case .int16, .uint16: 2
      case .int32, .uint32, .single: 4
      case .double, .int64, .uint64: 8
      }
    }
  }

  let bytes: [UInt8]
  let stored: Stored
  let isBigEndian: Bool

  package var count: Int { bytes.count / stored.size }

  package var doubles: [Double] { values { $0 } }
  package var floats: [Float] { values { Float($0) } }

  private func values<Value>(_ made: (Double) -> Value) -> [Value] {
    func integers<Word: FixedWidthInteger>(_: Word.Type) -> [Value] {
      words(Word.self).map { made(Double($0)) }
    }
    return switch stored {
    case .int8: integers(Int8.self)
    case .uint8: integers(UInt8.self)
    case .int16: integers(Int16.self)
    case .uint16: integers(UInt16.self)
    case .int32: integers(Int32.self)
    case .uint32: integers(UInt32.self)
    case .int64: integers(Int64.self)
    case .uint64: integers(UInt64.self)
    case .single: words(UInt32.self).map { made(Double(Float(bitPattern: $0))) }
    case .double: words(UInt64.self).map { made(Double(bitPattern: $0)) }
    }
  }

  private func words<Word: FixedWidthInteger>(_: Word.Type) -> [Word] {
    bytes.withUnsafeBytes { bytes in
      (0..<count).map { place in
        let word = bytes.loadUnaligned(fromByteOffset: place * stored.size, as: Word.self)
        return isBigEndian ? Word(bigEndian: word) : Word(littleEndian: word)
      }
    }
  }
}
