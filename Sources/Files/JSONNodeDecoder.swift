/// Gives Swift's decoding the values of a JSON text.
struct JSONNodeDecoder: Decoder {
  let decoding: JSONDecoding
  let node: JSONNode
  let path: [String]

  var codingPath: [any CodingKey] { path.map { JSONPathKey($0) } }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy _: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .object(let members) = node.content else {
      throw decoding.error(node, path, JSONMismatch(node, "an object, “{…}”").problem)
    }
    return KeyedDecodingContainer(Fields(decoder: self, members: members))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .array(let elements) = node.content else {
      throw decoding.error(node, path, JSONMismatch(node, "a list, “[…]”").problem)
    }
    return Elements(decoder: self, elements: elements)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { Single(decoder: self) }

  func inside(_ name: String, _ node: JSONNode) -> JSONNodeDecoder {
    JSONNodeDecoder(decoding: decoding, node: node, path: path + [name])
  }
}

/// A name or position on the way to a value.
struct JSONPathKey: CodingKey {
  let stringValue: String
  var intValue: Int? { Int(stringValue) }

  init(_ name: String) { stringValue = name }
  init(stringValue: String) { self.init(stringValue) }
  init(intValue: Int) { self.init("\(intValue)") }
}

// In each container one generic `decode` stands for those of every type of number.

private struct Fields<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let decoder: JSONNodeDecoder
  let members: [String: JSONNode]
  let names: [String]

  init(decoder: JSONNodeDecoder, members: [JSONNode.Member]) {
    self.decoder = decoder
    // The parser refused names that come twice.
    self.members = Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.value) })
    names = members.map(\.name)
  }

  var codingPath: [any CodingKey] { decoder.codingPath }
  var allKeys: [Key] { names.compactMap { Key(stringValue: $0) } }

  func contains(_ key: Key) -> Bool {
    decoder.decoding.know(key.stringValue, of: decoder.path)
    return members[key.stringValue] != nil
  }

  private func inside(_ key: some CodingKey) throws -> JSONNodeDecoder {
    decoder.decoding.know(key.stringValue, of: decoder.path)
    guard let node = members[key.stringValue] else {
      throw decoder.decoding.missing(key.stringValue, in: decoder.node, path: decoder.path)
    }
    return decoder.inside(key.stringValue, node)
  }

  func decodeNil(forKey key: Key) throws -> Bool { try inside(key).node.isNull }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    let inside = try inside(key)
    return try decoder.decoding.read(type, inside.node, path: inside.path)
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> {
    try inside(key).opened().container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try inside(key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { try inside(JSONPathKey("super")).opened() }
  func superDecoder(forKey key: Key) throws -> any Decoder { try inside(key).opened() }
}

private struct Elements: UnkeyedDecodingContainer {
  let decoder: JSONNodeDecoder
  let elements: [JSONNode]
  private(set) var currentIndex = 0

  init(decoder: JSONNodeDecoder, elements: [JSONNode]) { (self.decoder, self.elements) = (decoder, elements) }

  var codingPath: [any CodingKey] { decoder.codingPath }
  var count: Int? { elements.count }
  var isAtEnd: Bool { currentIndex == elements.count }

  private func next() throws -> JSONNodeDecoder {
    guard !isAtEnd else {
      throw decoder.decoding.error(
        decoder.node, decoder.path, "the list has only \(elements.count) element\(elements.count == 1 ? "" : "s")")
    }
    return decoder.inside("\(currentIndex)", elements[currentIndex])
  }

  mutating func decodeNil() throws -> Bool {
    guard try next().node.isNull else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
    let next = try next()
    let value = try decoder.decoding.read(type, next.node, path: next.path)
    currentIndex += 1
    return value
  }

  mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
    let container = try next().opened().container(keyedBy: type)
    currentIndex += 1
    return container
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    let container = try next().unkeyedContainer()
    currentIndex += 1
    return container
  }

  mutating func superDecoder() throws -> any Decoder {
    let next = try next().opened()
    currentIndex += 1
    return next
  }
}

private struct Single: SingleValueDecodingContainer {
  let decoder: JSONNodeDecoder

  var codingPath: [any CodingKey] { decoder.codingPath }

  func decodeNil() -> Bool { decoder.node.isNull }

  func decode<T: Decodable>(_ type: T.Type) throws -> T {
    try decoder.decoding.read(type, decoder.node, path: decoder.path)
  }
}

extension JSONNode {
  var isNull: Bool {
    if case .null = content { return true }
    return false
  }
}

extension JSONNodeDecoder {
  /// Noted as an object whose fields somebody should ask for.
  fileprivate func opened() -> JSONNodeDecoder {
    decoding.open(node, path: path)
    return self
  }
}
