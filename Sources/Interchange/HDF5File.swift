import Backends
import CHDF5Reader
import Files
import Foundation

/// An HDF5 file: groups, datasets of floats, and attributes that are texts.
///
/// It is read by libhdf5 in a process of its own, since a damaged file may end that process or keep it busy for ever. Links
/// to other files are not followed, and datasets whose elements lie in another file are refused.
///
/// Reference: https://docs.hdfgroup.org/hdf5/v1_10
public struct HDF5File: Sendable {
  /// What is known of a dataset before its elements are read.
  public struct Dataset: Hashable, Sendable {
    /// A 16-, 32- or 64-bit float; nil for what is none.
    public let type: ElementType?
    /// Its elements are row-major.
    public let shape: Shape
  }

  /// Of the file.
  public let path: String
  /// The names of the groups, with slashes; that of the root is empty.
  public private(set) var groups: Set<String> = []
  /// The datasets by name, with slashes and without a leading one.
  public private(set) var datasets: [String: Dataset] = [:]
  private var texts: [String: [String: [String]]] = [:]
  private let size: Int

  /// Reads what there is in the file, but no elements.
  ///
  /// - Throws: `FileError` if it cannot be opened; ``InterchangeError`` if it is no HDF5 file, damaged or cut short.
  public init(contentsOf url: URL) throws {
    let file = try InputFile(url)
    (path, size) = (file.path, file.size)
    try HDF5File.checkSignature(of: file)
    var process = try HDF5Process(path, datasets: nil)
    let answer = try process.bytes(atMost: 1 << 26)
    try process.finish()
    do {
      try read(answer)
    } catch {
      throw InterchangeError(path: path, place: "the file", problem: "its groups cannot be listed; it is damaged: get it again")
    }
  }

  /// The texts of an attribute of a group or dataset; nil if it has none of this name, or one of numbers.
  public func texts(_ attribute: String, of object: String) -> [String]? { texts[object]?[attribute] }

  /// The elements of datasets of floats, row-major, each as 32-bit floats; one beyond their range becomes infinite.
  ///
  /// - Throws: ``InterchangeError`` if one of `names` is missing or no dataset of floats, or cannot be read.
  public func floats(_ names: [String]) throws -> [[Float]] {
    let counts = try names.map { name -> Int in
      guard let dataset = datasets[name] else { throw damaged(name, "there is none of this name") }
      guard dataset.type != nil else { throw damaged(name, "its elements are no 16-, 32- or 64-bit floats") }
      // The best that compression does; memory is asked for after this.
      guard dataset.shape.count <= 2048 * size else {
        throw damaged(name, "\(dataset.shape.count) elements are more than a file of \(size) bytes can hold; it is damaged")
      }
      return dataset.shape.count
    }
    var process = try HDF5Process(path, datasets: names)
    let values = try counts.map { try process.floats(count: $0) }
    try process.finish()
    return values
  }

  /// The elements of one dataset of floats.
  public func floats(_ name: String) throws -> [Float] { try floats([name])[0] }

  private func damaged(_ dataset: String, _ problem: String) -> InterchangeError {
    InterchangeError(path: path, place: "dataset \(dataset.quotedForMessage)", problem: problem)
  }

  private static func checkSignature(of file: InputFile) throws {
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
    let start = try file.read(count: min(8, file.size), at: 0)
    if start == signature { return }
    // What else is put in front of a file has a size of 512 bytes, or of twice, four times … as many.
    var place = 512
    while place + 8 <= file.size {
      if try file.read(count: 8, at: place) == signature { return }
      place *= 2
    }
    var problem = "this is no HDF5 file, which begins with the bytes 89 “HDF”"
    if start.starts(with: [0x50, 0x4B]) {
      problem += "; it is a zip archive: of a .keras file take the model.weights.h5 out of it, with unzip"
    } else if start.isEmpty {
      problem = "the file is empty; get it again"
    } else if start.starts(with: Array("<".utf8)) || start.starts(with: Array("version ".utf8)) {
      problem += "; it is a text, as a download that failed leaves: get it again"
    }
    throw InterchangeError(path: file.path, place: "byte 0", problem: problem)
  }

  private mutating func read(_ answer: [UInt8]) throws(ByteReader.End) {
    var reader = ByteReader(answer), object = ""
    while !reader.isAtEnd {
      switch try reader.value(UInt8.self) {
      case UInt8(ascii: "G"):
        object = try reader.text()
        groups.insert(object)
      case UInt8(ascii: "D"):
        object = try reader.text()
        let kind = try reader.value(UInt8.self), rank = try reader.value(UInt8.self)
        var dimensions = [Int]()
        for _ in 0..<rank {
          guard let extent = Int(exactly: try reader.value(UInt64.self)) else { throw ByteReader.End() }
          dimensions.append(extent)
        }
        guard elementCount(dimensions, size: 8) != nil else { throw ByteReader.End() }
        let types: [UInt8: ElementType] = [2: .float16, 4: .float32, 8: .float64]
        datasets[object] = Dataset(type: types[kind], shape: Shape(dimensions))
      default:
        let name = try reader.text()
        var list = [String]()
        for _ in 0..<(try reader.value(UInt32.self)) { list.append(try reader.text()) }
        texts[object, default: [:]][name] = list
      }
    }
  }
}

/// Numbers and texts one after the other.
private struct ByteReader {
  struct End: Error {}
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  mutating func value<Value: FixedWidthInteger & BitwiseCopyable>(_: Value.Type) throws(End) -> Value {
    let size = MemoryLayout<Value>.size
    guard size <= bytes.count - position else { throw End() }
    defer { position += size }
    return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: Value.self) }
  }

  mutating func text() throws(End) -> String {
    let count = Int(try value(UInt32.self))
    guard count <= bytes.count - position else { throw End() }
    defer { position += count }
    return String(decoding: bytes[position..<position + count], as: UTF8.self)
  }
}
