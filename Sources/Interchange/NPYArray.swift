import Backends
import Files
import Foundation

/// An array in NumPy's `.npy` format (versions 1 to 3), as 32-bit floats, row-major.
///
/// Reads floats of 16, 32 and 64 bits, integers of 8 to 64 bits and booleans, of either byte order and in C or
/// Fortran order; writes version 1.0 with `<f4`, whole or, with ``NPYArray/write(to:shape:_:)``, in parts.
///
/// Reference: numpy/lib/format.py.
public struct NPYArray: Sendable {
  /// Of the array; `[]` for a single number.
  public let shape: Shape
  /// Row-major: the last axis is the fastest, whatever order a file had.
  public let values: [Float]

  /// - Precondition: `values.count == shape.count`.
  public init(_ values: [Float], shape: Shape) {
    precondition(values.count == shape.count, "\(values.count) values do not fill shape \(shape)")
    (self.values, self.shape) = (values, shape)
  }

  // MARK: Reading

  /// Reads a file. Floats of 64 bits are rounded.
  ///
  /// - Throws: `FileError` if it cannot be read; ``InterchangeError`` with the byte if it is damaged, or holds what no
  ///   32-bit float can: a whole number that would change, or a float that would become infinite.
  public init(contentsOf url: URL) throws {
    let file = try InputFile(url)
    func damaged(_ byte: Int, _ problem: String) -> InterchangeError {
      InterchangeError(path: file.path, place: "byte \(byte)", problem: problem)
    }

    let start = try file.read(count: min(12, file.size), at: 0)
    guard start.starts(with: NPYArray.magic) else {
      let isArchive = start.starts(with: [0x50, 0x4B, 0x03, 0x04])
      throw damaged(0, "\(isArchive ? "a zip archive such as .npz, " : "")not a .npy file; save it with numpy.save")
    }
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
    let dataCount = file.size - dataStart
    guard let count = elementCount(header.dimensions, size: header.type.size), count * header.type.size == dataCount else {
      let shape = "\(header.dimensions)".shownInMessage
      throw damaged(
        dataStart,
        "the header says shape \(shape) of \(8 * header.type.size)-bit elements, but \(dataCount) bytes follow")
    }

    let shape = Shape(header.dimensions)
    let stored: [Float]
    do {
      stored = try header.type.floats(
        file.read(count: count * header.type.size, at: dataStart), count: count, isBigEndian: header.isBigEndian)
    } catch let unfit as UnfitElement {
      throw damaged(dataStart + unfit.index * header.type.size, unfit.problem)
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

  /// Writes a file; what was there is replaced as a whole.
  ///
  /// - Throws: `FileError`.
  public func write(to url: URL) throws {
    try NPYArray.write(to: url, shape: shape) { append in try append(values) }
  }

  /// Writes an array part by part, so that it never has to lie in memory as a whole; the file is replaced once all
  /// is written.
  ///
  /// - Parameters:
  ///   - shape: Of the whole array.
  ///   - body: Calls its argument with the values in row-major order, as many at a time as it likes.
  /// - Precondition: As many values as the shape has, unless `body` throws.
  public static func write(
    to url: URL, shape: Shape, _ body: (_ append: (_ values: [Float]) throws -> Void) throws -> Void
  ) throws {
    let start = header(shape)
    try writeAtomically(to: url) { file in
      try file.write(start)
      var count = 0
      try body { values in
        count += values.count
        require(count <= shape.count, "\(count) values are more than fill shape \(shape)")
        try file.write(values)
      }
      require(count == shape.count, "\(count) values do not fill shape \(shape)")
    }
  }

  /// What comes before the values.
  private static func header(_ shape: Shape) -> [UInt8] {
    // Python writes a tuple of one with a comma.
    let extents = shape.dimensions.map(String.init).joined(separator: ", ") + (shape.rank == 1 ? "," : "")
    var header = Array("{'descr': '<f4', 'fortran_order': False, 'shape': (\(extents)), }".utf8)
    // NumPy aligns the data to 64 bytes and ends the header with a newline.
    let unpadded = magic.count + 4 + header.count + 1
    header += [UInt8](repeating: 0x20, count: (64 - unpadded % 64) % 64) + [0x0A]
    precondition(header.count <= Int(UInt16.max), "shape \(shape) has too many axes for a .npy file")
    return magic + [1, 0, UInt8(header.count & 255), UInt8(header.count >> 8)] + header
  }

  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
}
