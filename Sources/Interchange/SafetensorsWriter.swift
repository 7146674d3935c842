import Backends
import Files
import Foundation

/// Collects named arrays and texts and writes them as one safetensors file.
public struct SafetensorsWriter {
  /// The texts under `__metadata__`.
  public var metadata: [String: String] = [:]

  private struct Entry {
    let name: String
    let type: ElementType
    let shape: Shape
    let write: (borrowing OutputFile) throws -> Void
  }
  private var entries: [Entry] = []
  private var names: Set<String> = ["__metadata__"]

  /// Without arrays and texts.
  public init() {}

  /// - Precondition: the name is new, and `values.count == shape.count`.
  public mutating func add<Element: StoredElement>(_ name: String, _ values: [Element], shape: Shape) {
    precondition(values.count == shape.count, "“\(name)”: \(values.count) values do not fill shape \(shape)")
    add(name, shape: shape) { values }
  }

  /// An array that is asked for when it is written, so that not all of them lie in memory at once.
  ///
  /// - Precondition: the name is new, and `values` gives `shape.count` of them.
  public mutating func add<Element: StoredElement>(
    _ name: String, shape: Shape, _ values: @escaping () throws -> [Element]
  ) {
    add(name, Element.self, shape: shape) { write in try write(values()) }
  }

  /// An array that is written a part after the other, for those larger than memory.
  ///
  /// - Precondition: the name is new, and the parts that `write` gets have `shape.count` elements in all.
  public mutating func add<Element: StoredElement>(
    _ name: String, _: Element.Type, shape: Shape, parts: @escaping (_ write: ([Element]) throws -> Void) throws -> Void
  ) {
    precondition(names.insert(name).inserted, "two tensors are named “\(name)”")
    entries.append(
      Entry(name: name, type: Element.elementType, shape: shape) { file in
        var written = 0
        try parts { values in
          try file.write(values)
          written += values.count
        }
        precondition(written == shape.count, "“\(name)”: \(written) values do not fill shape \(shape)")
      })
  }

  /// Writes all arrays and texts; what was there is replaced as a whole.
  ///
  /// - Throws: `FileError`; what the arrays that are asked for throw.
  public func write(to url: URL) throws {
    // Wide types first, so that every array is aligned for programs that map the file.
    let ordered = entries.sorted { ($1.type.size, $0.name) < ($0.type.size, $1.name) }
    var members = [String]()
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key < $1.key }.map { "\(quotedForJSON($0.key)):\(quotedForJSON($0.value))" }
      members.append("\"__metadata__\":{\(texts.joined(separator: ","))}")
    }
    var offset = 0
    for entry in ordered {
      let end = offset + entry.shape.count * entry.type.size
      let shape = entry.shape.dimensions.map(String.init).joined(separator: ",")
      members.append(
        "\(quotedForJSON(entry.name)):{\"dtype\":\"\(entry.type.rawValue)\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}"
      )
      offset = end
    }
    var header = Array("{\(members.joined(separator: ","))}".utf8)
    header += [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8)
    guard header.count <= SafetensorsFile.largestHeader else {
      throw FileError(.write, url.path, reason: "its header of \(header.count) bytes is longer than safetensors allows")
    }
    try writeAtomically(to: url) { file in
      try file.write([UInt64(header.count).littleEndian])
      try file.write(header)
      for entry in ordered { try entry.write(file) }
    }
  }
}
