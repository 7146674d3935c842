import Foundation

/// A JSON text that people or a crash may have changed: read strictly (RFC 8259, no name twice in an object),
/// and every error says where.
///
/// The types read from it are `Decodable` ones whose fields are numbers, texts, truth values, lists,
/// dictionaries, enumerations and objects of these.
public struct JSONText: Sendable {
  /// What errors call it: a path as a rule.
  public let source: String
  private let bytes: [UInt8]
  private let firstLine: Int
  let root: JSONNode

  /// - Parameter firstLine: The number of the first line, for a text that is part of a file.
  public init(_ bytes: [UInt8], source: String, firstLine: Int = 1) throws(JSONError) {
    (self.bytes, self.source, self.firstLine) = (bytes, source, firstLine)
    do {
      root = try JSONParser.parse(bytes)
    } catch {
      let place = JSONText.place(of: error.offset, in: bytes)
      throw JSONError(
        source: source, line: firstLine + place.line, column: error.path == nil ? place.column + 1 : nil,
        field: error.path?.joined(separator: "."), problem: error.problem)
    }
  }

  public init(_ data: Data, source: String, firstLine: Int = 1) throws(JSONError) {
    try self.init([UInt8](data), source: source, firstLine: firstLine)
  }

  /// The text of a whole file, which errors name; of at most 256 MiB.
  public init(contentsOf url: URL) throws {
    try self.init(InputFile.contents(of: url, largest: 1 << 28), source: url.path)
  }

  /// The value as a type of the caller's; fields that the type does not ask for are ignored.
  public func decode<T: Decodable>(_ type: T.Type) throws(JSONError) -> T {
    try JSONDecoding(self).decode(type, from: root)
  }

  /// The value as a type of the caller's that asks for all its fields: one that nobody asked for is an error.
  public func decodeExactly<T: Decodable>(_ type: T.Type) throws(JSONError) -> T {
    let decoding = JSONDecoding(self)
    let value = try decoding.decode(type, from: root)
    try decoding.refuseUnknownFields()
    return value
  }

  /// `defaults` with the fields that the object names put in their place, those of objects within it likewise; unknown fields
  /// are an error.
  public func decode<T: Codable>(_ type: T.Type, over defaults: T) throws(JSONError) -> T {
    guard case .object(let members) = root.content else {
      throw JSONError(source: source, line: line(of: root), problem: "\(root.description) is not an object, “{…}”")
    }
    let decoding = JSONDecoding(self)
    let merged = try Self.merged(members, over: fields(of: defaults))
    let value = try decoding.decode(type, from: JSONNode(offset: root.offset, content: .object(merged)))
    try decoding.refuseUnknownFields()
    return value
  }

  /// The line of a field, its name written as in errors: `filters.2`; nil if the text does not have it.
  public func line(of field: String) -> Int? { JSONText.node(field[...], in: root).flatMap { line(of: $0) } }

  /// An error about the value of a field that was read but cannot be.
  public func error(in field: String, _ problem: String) -> JSONError {
    JSONError(source: source, line: line(of: field), field: field, problem: problem)
  }

  func line(of node: JSONNode) -> Int? {
    node.offset.map { firstLine + JSONText.place(of: $0, in: bytes).line }
  }

  private static func merged(_ members: [JSONNode.Member], over defaults: [JSONNode.Member]) -> [JSONNode.Member] {
    let named = Set(members.map(\.name)), known = Dictionary(uniqueKeysWithValues: defaults.map { ($0.name, $0) })
    return members.map { member in
      guard case .object(let inner) = member.value.content, case .object(let own)? = known[member.name]?.value.content
      else { return member }
      let value = JSONNode(offset: member.value.offset, content: .object(merged(inner, over: own)))
      return JSONNode.Member(name: member.name, offset: member.offset, value: value)
    } + defaults.filter { !named.contains($0.name) }
  }

  /// The fields that a value is encoded with, without a place.
  private func fields(of defaults: some Encodable) throws(JSONError) -> [JSONNode.Member] {
    do {
      let node = try JSONParser.parse([UInt8](JSONEncoder().encode(defaults)))
      if case .object(let members) = node.withoutPlace.content { return members }
    } catch {
      throw JSONError(source: source, line: nil, problem: "what it is put over cannot be written as JSON: \(error)")
    }
    preconditionFailure("\(type(of: defaults)) is put over fields, but has none")
  }

  /// A line and a column, both from 0 on.
  private static func place(of offset: Int, in bytes: [UInt8]) -> (line: Int, column: Int) {
    let before = bytes[..<min(offset, bytes.count)]
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    return (before.count { $0 == 0x0A }, before.count - lineStart)
  }

  private static func node(_ path: Substring, in node: JSONNode) -> JSONNode? {
    if path.isEmpty { return node }
    switch node.content {
    case .object(let members):
      for member in members {
        if member.name == path { return member.value }
        // Names may have dots of their own.
        if path.hasPrefix(member.name + "."), let found = self.node(path.dropFirst(member.name.count + 1), in: member.value) {
          return found
        }
      }
      return nil
    case .array(let elements):
      let parts = path.split(separator: ".", maxSplits: 1)
      guard let first = parts.first, let index = Int(first), elements.indices.contains(index) else { return nil }
      return self.node(parts.count == 2 ? parts[1] : "", in: elements[index])
    default: return nil
    }
  }
}

extension JSONNode {
  /// As errors show it.
  var description: String {
    switch content {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .number(let text): text.shownInMessage
    case .string(let text): text.quotedForMessage
    case .array: "a list"
    case .object: "an object"
    }
  }

  fileprivate var withoutPlace: JSONNode {
    switch content {
    case .array(let elements): JSONNode(offset: nil, content: .array(elements.map(\.withoutPlace)))
    case .object(let members):
      JSONNode(
        offset: nil,
        content: .object(members.map { Member(name: $0.name, offset: nil, value: $0.value.withoutPlace) }))
    default: JSONNode(offset: nil, content: content)
    }
  }
}
