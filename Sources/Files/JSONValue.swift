import Foundation

/// Any JSON, for settings whose type is known only by name.
public enum JSONValue: Codable, Equatable, Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// Any number.
  case number(Double)
  /// A text.
  case string(String)
  /// Values in their order.
  case array([JSONValue])
  /// Values by their names.
  case object([String: JSONValue])

  /// What a value is encoded to.
  ///
  /// - Throws: What the value's encoding throws.
  public init(encoding value: some Encodable) throws {
    self = try JSONText(JSONEncoder().encode(value), source: "\(type(of: value))").decode(JSONValue.self)
  }

  public init(from decoder: any Decoder) throws {
    if let decoder = decoder as? JSONNodeDecoder {
      decoder.decoding.forget(decoder.path)
      self = try JSONValue(decoder.node, in: decoder.decoding, path: decoder.path)
      return
    }
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  private init(_ node: JSONNode, in decoding: JSONDecoding, path: [String]) throws {
    switch node.content {
    case .null: self = .null
    case .bool(let value): self = .bool(value)
    case .number(let text):
      let value = try decoding.read(Double.self, node, path: path)
      // A seed that a double cannot hold would come back as its neighbour.
      let isExact = Int64(text).map { Int64(exactly: value) == $0 } ?? UInt64(text).map { UInt64(exactly: value) == $0 }
      if isExact == false {
        throw decoding.error(node, path, "\(text) is a whole number that a 64-bit float cannot hold exactly")
      }
      self = .number(value)
    case .string(let value): self = .string(value)
    case .array(let elements):
      self = .array(
        try elements.enumerated().map { try JSONValue($1, in: decoding, path: path + ["\($0)"]) })
    case .object(let members):
      self = .object(
        Dictionary(
          uniqueKeysWithValues: try members.map {
            ($0.name, try JSONValue($0.value, in: decoding, path: path + [$0.name]))
          }))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    // Whole numbers as such, so that integer fields read them back.
    case .number(let value):
      if let whole = Int(exactly: value) {
        try container.encode(whole)
      } else if let whole = UInt64(exactly: value) {
        try container.encode(whole)
      } else {
        try container.encode(value)
      }
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }

  /// As a JSON text, names in order.
  public var data: Data {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      return try encoder.encode(self)
    }
  }
}
