import Backends
import Files
import Foundation

/// A safetensors file opened for reading: named arrays and a dictionary of texts.
///
/// The header is checked in full when the file is opened, so that a file cut short or changed is noticed
/// before anything of it is used; arrays are read when asked for, and the file stays open until then.
///
/// Reference: https://github.com/huggingface/safetensors#format
public struct SafetensorsFile: Sendable {
  /// What the header says of an array.
  public struct Entry: Hashable, Sendable {
    /// Of its elements, as they are stored.
    public let type: ElementType
    /// Its elements are row-major.
    public let shape: Shape
    /// Of the first byte, from the start of the file.
    let offset: Int
    var byteCount: Int { shape.count * type.size }
  }

  /// Of the file.
  public var path: String { file.path }
  /// The texts under `__metadata__`.
  public let metadata: [String: String]
  /// All arrays, by name.
  public let entries: [String: Entry]
  private let file: InputFile

  /// The names of the arrays in the order of their contents.
  public var names: [String] { entries.keys.sorted { (entries[$0]!.offset, $0) < (entries[$1]!.offset, $1) } }

  static let largestHeader = 100_000_000

  /// Opens a file and checks its header.
  ///
  /// - Throws: `FileError` if it cannot be read; ``InterchangeError`` if it is damaged, with the byte or the array.
  public init(contentsOf url: URL) throws {
    file = try InputFile(url)
    let path = file.path
    func damaged(_ byte: Int, _ problem: String) -> InterchangeError {
      InterchangeError(path: path, place: "byte \(byte)", problem: problem)
    }

    guard file.size >= 8 else { throw damaged(file.size, "the file ends before its header; it was cut short") }
    let headerCount = UInt64(littleEndian: try file.read(UInt64.self, count: 1, at: 0)[0])
    guard headerCount <= UInt64(SafetensorsFile.largestHeader) else {
      throw damaged(0, "a header of \(headerCount) bytes is too long; this is no safetensors file")
    }
    guard Int(headerCount) <= file.size - 8 else {
      throw damaged(0, "the header has \(headerCount) bytes, but the file ends after \(file.size); it was cut short")
    }
    let dataStart = 8 + Int(headerCount)
    let header: SafetensorsHeader
    do {
      header = try SafetensorsHeader(file.read(count: Int(headerCount), at: 8))
    } catch let mismatch as TextScanner.Mismatch {
      throw damaged(8 + mismatch.position, "in the header, \(mismatch.problem)")
    }
    metadata = header.metadata
    entries = try SafetensorsFile.check(header.entries, dataStart: dataStart, fileSize: file.size, path: path)
  }

  /// Every array must have the bytes its shape needs, and together they must cover the data: no byte twice,
  /// none left over.
  private static func check(
    _ entries: [SafetensorsHeader.Entry], dataStart: Int, fileSize: Int, path: String
  ) throws -> [String: Entry] {
    func damaged(_ name: String, _ problem: String) -> InterchangeError {
      InterchangeError(path: path, place: "tensor \(name.quotedForMessage)", problem: problem)
    }
    var checked: [String: Entry] = [:]
    var end = 0
    for entry in entries.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
      let range = "bytes \(entry.begin) to \(entry.end) of the data"
      guard entry.begin <= entry.end else { throw damaged(entry.name, "it has \(range), which run backwards") }
      guard let count = elementCount(entry.shape, size: entry.type.size),
        count * entry.type.size == entry.end - entry.begin
      else {
        throw damaged(
          entry.name, "it has \(range), which do not fit shape \("\(entry.shape)".shownInMessage) of type \(entry.type.rawValue)")
      }
      guard entry.end <= fileSize - dataStart else {
        throw damaged(
          entry.name, "it has \(range), but the data ends at \(fileSize - dataStart); the file was cut short")
      }
      guard entry.begin >= end else {
        throw damaged(entry.name, "it has \(range), some of which belong to another tensor")
      }
      guard entry.begin == end else {
        throw damaged(entry.name, "it has \(range), but the tensor before ends at \(end)")
      }
      end = entry.end
      let stored = Entry(type: entry.type, shape: Shape(entry.shape), offset: dataStart + entry.begin)
      guard checked.updateValue(stored, forKey: entry.name) == nil else {
        throw damaged(entry.name, "two tensors have this name")
      }
    }
    guard end == fileSize - dataStart else {
      throw InterchangeError(
        path: path, place: "byte \(dataStart + end)",
        problem: "\(fileSize - dataStart - end) bytes follow that belong to no tensor")
    }
    return checked
  }

  /// An array of any type, converted. 64-bit floats are rounded; whole numbers must be exact.
  public func floats(_ name: String) throws -> [Float] {
    let entry = try entry(name)
    if entry.type == .float32 { return try values(name) }
    do {
      return try entry.type.floats(
        file.read(count: entry.byteCount, at: entry.offset), count: entry.shape.count, isBigEndian: false)
    } catch let unfit as UnfitElement {
      throw damaged(name, unfit.problem)
    }
  }

  /// An array of 16- to 64-bit floats, as a network's weights are; one of integers or truth values is an error.
  public func floatingPointValues(_ name: String) throws -> [Float] {
    let type = try entry(name).type
    guard type.isFloatingPoint else {
      throw damaged(name, "it is of type \(type.rawValue); floats are expected: F16, BF16, F32 or F64")
    }
    return try floats(name)
  }

  /// An array as it is stored, bit for bit, which must be of the type asked for.
  public func values<Element: StoredElement>(_ name: String, as _: Element.Type = Element.self) throws -> [Element] {
    try values(name, elements: 0..<entry(name).shape.count)
  }

  /// Some elements of an array, counted in the order they are stored.
  ///
  /// - Precondition: `elements` lie within the array.
  public func values<Element: StoredElement>(
    _ name: String, elements: Range<Int>, as _: Element.Type = Element.self
  ) throws -> [Element] {
    let entry = try entry(name)
    guard entry.type == Element.elementType else {
      throw damaged(name, "it is of type \(entry.type.rawValue), not \(Element.elementType.rawValue)")
    }
    precondition(elements.lowerBound >= 0 && elements.upperBound <= entry.shape.count, "elements \(elements) of \(entry.shape)")
    return try file.read(
      Element.self, count: elements.count, at: entry.offset + elements.lowerBound * MemoryLayout<Element>.stride)
  }

  private func entry(_ name: String) throws -> Entry {
    if let entry = entries[name] { return entry }
    let nearest = nearestName(to: name, in: entries.keys).map { "; the nearest name is \($0.quotedForMessage)" } ?? ""
    throw damaged(name, "there is none of this name\(nearest)")
  }

  private func damaged(_ name: String, _ problem: String) -> InterchangeError {
    InterchangeError(path: path, place: "tensor \(name.quotedForMessage)", problem: problem)
  }
}
