import Backends
import Files
import Foundation

/// An array in NumPy's `.npy` format (versions 1 to 3), as 32-bit floats, row-major.
///
/// Reads floats of 16, 32 and 64 bits, integers of 8 to 64 bits and booleans, of either byte order and in C or
/// Fortran order; writes version 1.0 with `<f4`.
///
/// Reference: numpy/lib/format.py.
public struct NPYArray: Sendable {
  public let shape: Shape
  public let values: [Float]

  /// - Precondition: `values.count == shape.count`.
  public init(_ values: [Float], shape: Shape) {
    precondition(values.count == shape.count, "\(values.count) values do not fill shape \(shape)")
    (self.values, self.shape) = (values, shape)
  }

  // MARK: Reading

  public init(contentsOf url: URL) throws {
    let file = try InputFile(url)
    func damaged(_ byte: Int, _ problem: String) -> InterchangeError {
      InterchangeError(path: file.path, place: "byte \(byte)", problem: problem)
    }

    let start = try file.read(count: min(12, file.size), at: 0)
    guard start.starts(with: NPYArray.magic) else { throw damaged(0, "not a .npy file; save it with numpy.save") }
    guard start.count >= 10 else { throw damaged(start.count, "the file ends within its first line") }
    guard (1...3).contains(start[6]) else {
      throw damaged(6, "format version \(start[6]).\(start[7]) is unknown; 1.0 to 3.0 are read")
    }
    let lengthSize = start[6] == 1 ? 2 : 4
    guard start.count >= 8 + lengthSize else { throw damaged(start.count, "the file ends within its first line") }
    let headerStart = 8 + lengthSize
    let headerCount = start[8..<headerStart].reversed().reduce(0) { $0 << 8 | Int($1) }
    let dataStart = headerStart + headerCount
    guard headerCount <= 1 << 20, dataStart <= file.size else {
      throw damaged(8, "the header is said to have \(headerCount) bytes, but the file has \(file.size)")
    }

    let header: NPYHeader
    do {
      header = try NPYHeader(file.read(count: headerCount, at: headerStart))
    } catch let mismatch as TextScanner.Mismatch {
      throw damaged(headerStart + mismatch.position, "in the header, \(mismatch.problem)")
    }
    guard let count = elementCount(header.dimensions, size: header.type.size),
      count * header.type.size == file.size - dataStart
    else {
      throw damaged(
        dataStart,
        "the header says shape \(header.dimensions) of \(8 * header.type.size)-bit elements, but \(file.size - dataStart) bytes follow"
      )
    }

    let shape = Shape(header.dimensions)
    let stored: [Float]
    do {
      stored = try header.type.floats(
        file.read(count: count * header.type.size, at: dataStart), count: count, isBigEndian: header.isBigEndian)
    } catch let inexact as InexactInteger {
      throw damaged(dataStart + inexact.index * header.type.size, inexact.problem)
    }
    self.init(header.isFortranOrder ? NPYArray.rowMajor(stored, shape: shape) : stored, shape: shape)
  }

  /// Elements stored with the first axis fastest, put in order with the last fastest.
  private static func rowMajor(_ values: [Float], shape: Shape) -> [Float] {
    guard shape.rank > 1, shape.count > 0 else { return values }
    var strides = [Int](), stride = 1
    for dimension in shape.dimensions {
      strides.append(stride)
      stride *= dimension
    }
    var index = [Int](repeating: 0, count: shape.rank), source = 0
    return (0..<shape.count).map { _ in
      let value = values[source]
      var axis = shape.rank - 1
      while axis >= 0 {
        index[axis] += 1
        source += strides[axis]
        if index[axis] < shape[axis] { break }
        source -= strides[axis] * shape[axis]
        index[axis] = 0
        axis -= 1
      }
      return value
    }
  }

  // MARK: Writing

  public func write(to url: URL) throws {
    // Python writes a tuple of one with a comma.
    let extents = shape.dimensions.map(String.init).joined(separator: ", ") + (shape.rank == 1 ? "," : "")
    var header = Array("{'descr': '<f4', 'fortran_order': False, 'shape': (\(extents)), }".utf8)
    // NumPy aligns the data to 64 bytes and ends the header with a newline.
    let unpadded = NPYArray.magic.count + 4 + header.count + 1
    header += [UInt8](repeating: 0x20, count: (64 - unpadded % 64) % 64) + [0x0A]
    precondition(header.count <= Int(UInt16.max), "shape \(shape) has too many axes for a .npy file")
    let length = [UInt8(header.count & 255), UInt8(header.count >> 8)]
    try writeAtomically(to: url) { file in
      try file.write(NPYArray.magic + [1, 0] + length + header)
      try file.write(values)
    }
  }

  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
}

/// The dictionary in Python's notation that starts a `.npy` file.
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
      let key = try scanner.string()
      try scanner.expect(":")
      switch key {
      case "descr" where descriptor == nil: descriptor = try NPYHeader.descriptor(&scanner)
      case "fortran_order" where order == nil:
        order = scanner.take("True")
        if order == false { try scanner.expect("False") }
      case "shape" where shape == nil: shape = try NPYHeader.shape(&scanner)
      case "descr", "fortran_order", "shape": throw scanner.mismatch("“\(key)” comes twice", at: place)
      default: throw scanner.mismatch("“\(key)” is none of descr, fortran_order and shape", at: place)
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

  private static func descriptor(
    _ scanner: inout TextScanner
  ) throws(TextScanner.Mismatch) -> (type: ElementType, isBigEndian: Bool) {
    scanner.skipSpace()
    let place = scanner.position
    if scanner.take("[") { throw scanner.mismatch("the elements are records; save a plain array", at: place) }
    let name = try scanner.string()
    guard let byteOrder = name.first, "<>|=".contains(byteOrder), let type = types[String(name.dropFirst())] else {
      throw scanner.mismatch("elements of type “\(name)” cannot be read; save the array as float32", at: place)
    }
    return (type, byteOrder == ">")
  }

  private static func shape(_ scanner: inout TextScanner) throws(TextScanner.Mismatch) -> [Int] {
    var dimensions = [Int]()
    try scanner.expect("(")
    while !scanner.take(")") {
      dimensions.append(try scanner.number())
      if !scanner.take(",") {
        try scanner.expect(")")
        break
      }
    }
    return dimensions
  }

  private static let types: [String: ElementType] = [
    "f8": .float64, "f4": .float32, "f2": .float16, "i8": .int64, "i4": .int32, "i2": .int16, "i1": .int8,
    "u8": .uint64, "u4": .uint32, "u2": .uint16, "u1": .uint8, "b1": .bool,
  ]
}
