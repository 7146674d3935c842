import CZlib
import Files
import Interchange

/// An array of numbers in a MATLAB file of level 5 (MATLAB's formats 6 and 7): what scipy's `savemat` and MATLAB's `save` write.
///
/// Reference: MathWorks, MAT-File Format (level 5).
struct MATArray {
  /// The first axis is the fastest in `values`.
  let dimensions: [Int]
  let values: [Float]

  /// - Parameter name: Of the variable.
  init(_ bytes: [UInt8], named name: String, path: String) throws(InterchangeError) {
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
      (dimensions, values) = (header.dimensions, try header.values(&inner, isBigEndian, at: place))
      return
    }
    throw InterchangeError(
      path: path, place: "variable \(name.quotedForMessage)",
      problem: found.isEmpty
        ? "there are no variables" : "there is none of this name, only \(found.prefix(10).joined(separator: ", "))")
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

    private static let kinds = [1: "a cell array", 2: "a structure", 3: "an object", 4: "a text", 5: "a sparse matrix"]

    func values(_ reader: inout ByteReader, _ isBigEndian: Bool, at place: Int) throws(InterchangeError) -> [Float] {
      func unfit(_ problem: String) -> InterchangeError {
        InterchangeError(path: reader.path, place: "variable \(name.quotedForMessage)", problem: problem)
      }
      guard (6...15).contains(kind) else {
        throw unfit("it is \(Self.kinds[kind] ?? "of an unknown class"), not an array of numbers")
      }
      guard !isComplex else { throw unfit("it has complex numbers") }
      let shape = dimensions.map(String.init).joined(separator: "×")
      guard dimensions.allSatisfy({ (1...Volume.largestSide).contains($0) }), dimensions.count <= 4 else {
        throw unfit("its size \(shape) is none of a volume, of at most \(Volume.largestSide) voxels each way")
      }
      guard let (type, contents) = try element(&reader, isBigEndian), let stored = StoredNumber(rawValue: type) else {
        throw unfit("its values are missing or of an unknown type")
      }
      guard contents.count == dimensions.reduce(stored.size, *) else {
        throw unfit("its size is \(shape), but its values take \(contents.count) bytes; the file is damaged")
      }
      var numbers = ByteReader(Array(contents), path: reader.path), values = [Float]()
      values.reserveCapacity(contents.count / stored.size)
      while !numbers.isAtEnd { values.append(try stored.next(&numbers, isBigEndian)) }
      return values
    }
  }
}

/// The types that values are stored in, whatever class they belong to.
private enum StoredNumber: Int {
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

  func next(_ reader: inout ByteReader, _ isBigEndian: Bool) throws(InterchangeError) -> Float {
    switch self {
    case .int8: Float(try reader.integer(Int8.self))
    case .uint8: Float(try reader.integer(UInt8.self))
    case .int16: Float(try reader.integer(Int16.self, isBigEndian: isBigEndian))
    case .uint16: Float(try reader.integer(UInt16.self, isBigEndian: isBigEndian))
    case .int32: Float(try reader.integer(Int32.self, isBigEndian: isBigEndian))
    case .uint32: Float(try reader.integer(UInt32.self, isBigEndian: isBigEndian))
    case .single: try reader.float(isBigEndian: isBigEndian)
    case .double: Float(Double(bitPattern: try reader.integer(UInt64.self, isBigEndian: isBigEndian)))
    case .int64: Float(try reader.integer(Int64.self, isBigEndian: isBigEndian))
    case .uint64: Float(try reader.integer(UInt64.self, isBigEndian: isBigEndian))
    }
  }
}
