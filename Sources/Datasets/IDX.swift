import Backends
import Files
import Foundation

/// Images in the IDX format of MNIST, plain or gzipped: N×H×W bytes (one channel) or N×H×W×C.
public struct IDXImages: Sendable {
  public let path: String
  public let count: Int
  /// [height, width, channels].
  public let imageShape: Shape
  /// All pixels, an image after the other, 0 for black.
  public let pixels: [UInt8]

  public init(contentsOf url: URL) throws {
    let file = try IDXFile(url, what: "images", ranks: 3...4)
    path = url.path
    count = file.dimensions[0]
    imageShape = Shape([file.dimensions[1], file.dimensions[2], file.dimensions.count == 4 ? file.dimensions[3] : 1])
    pixels = file.bytes
  }
}

/// Labels in the IDX format of MNIST, plain or gzipped: one byte each.
public struct IDXLabels: Sendable {
  public let path: String
  public let values: [UInt8]

  public var count: Int { values.count }

  public init(contentsOf url: URL) throws {
    path = url.path
    values = try IDXFile(url, what: "labels", ranks: 1...1).bytes
  }
}

/// An IDX file of bytes: two zero bytes, the type of the elements, the number of dimensions, each dimension
/// as a big-endian 32-bit number, then the elements, row-major.
struct IDXFile {
  let dimensions: [Int]
  let bytes: [UInt8]

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
    guard magic[0] == 0, magic[1] == 0 else {
      let found = magic.map { String($0, radix: 16) }.joined(separator: " ")
      throw damaged(0, "not an IDX file: it starts with \(found), not with two zero bytes")
    }
    guard magic[2] == 0x08 else {
      let type = IDXFile.elementTypes[magic[2]].map { "holds \($0)" } ?? "is of unknown type \(magic[2])"
      throw damaged(2, "the file \(type); \(what) must be unsigned bytes (type 8)")
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
    var count = 1
    for (axis, dimension) in dimensions.enumerated() {
      guard dimension > 0 else { throw damaged(4 + 4 * axis, "the file holds no \(what): its size is \(size)") }
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      // Refused before memory is asked for: a damaged header can claim any size.
      guard !overflow, product <= reader.largestPossibleCount else {
        throw damaged(4, "the header says \(size), more than the file can hold; it is damaged or cut short")
      }
      count = product
    }

    var trailing: UInt8 = 0
    bytes = try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      let read = try reader.read(
        into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]))
      guard read == count else {
        throw damaged(
          headerCount + read, "the file ends here, \(count - read) bytes short of the \(size) of its header")
      }
      initialized = count
    }
    guard try withUnsafeMutableBytes(of: &trailing, { try reader.read(into: $0) }) == 0 else {
      throw damaged(headerCount + count, "there are more bytes than the \(size) of the header")
    }
    self.dimensions = dimensions
  }

  private static let elementTypes: [UInt8: String] = [
    0x09: "signed bytes", 0x0B: "16-bit integers", 0x0C: "32-bit integers", 0x0D: "32-bit floats",
    0x0E: "64-bit floats",
  ]
}
