/// One reading of a JSON text as a type: finds what stands where, and remembers which fields were asked for.
final class JSONDecoding {
  let text: JSONText
  /// The objects that were read, by their path, and the fields of each that the type knows.
  private var objects: [[String]: (members: [JSONNode.Member], known: Set<String>)] = [:]
  private var order: [[String]] = []

  init(_ text: JSONText) { self.text = text }

  func decode<T: Decodable>(_ type: T.Type, from node: JSONNode) throws(JSONError) -> T {
    do {
      return try read(type, node, path: [])
    } catch let error as JSONError {
      throw error
    } catch {
      throw self.error(node, [], "\(error)")
    }
  }

  /// A value of any type. What its own `init(from:)` throws gets its place here.
  func read<T: Decodable>(_ type: T.Type, _ node: JSONNode, path: [String]) throws -> T {
    if let scalar = type as? any JSONScalar.Type {
      do { return try scalar.init(node) as! T } catch {
        throw self.error(node, path, error.problem)
      }
    }
    open(node, path: path)
    do {
      return try T(from: JSONNodeDecoder(decoding: self, node: node, path: path))
    } catch let error as JSONError {
      throw error
    } catch let error as DecodingError {
      throw self.error(node, path, explanation(of: error, as: type, node))
    } catch {
      throw self.error(node, path, "\(error)")
    }
  }

  /// Notes an object, so that its fields are known one by one.
  func open(_ node: JSONNode, path: [String]) {
    guard case .object(let members) = node.content, objects[path] == nil else { return }
    objects[path] = (members, [])
    order.append(path)
  }

  func know(_ field: String, of path: [String]) { objects[path]?.known.insert(field) }

  /// For a type that takes an object as it is.
  func forget(_ path: [String]) { objects[path] = nil }

  func refuseUnknownFields() throws(JSONError) {
    for path in order {
      guard let (members, known) = objects[path], let member = members.first(where: { !known.contains($0.name) })
      else { continue }
      throw error(
        JSONNode(offset: member.offset, content: .null), path + [member.name],
        "there is no such field\(suggestion(for: member.name, among: known.sorted()))")
    }
  }

  /// A field that a type needs and the object at `path` lacks.
  func missing(_ field: String, in node: JSONNode, path: [String]) -> JSONError {
    guard let (members, known) = objects[path] else { return error(node, path + [field], "it is missing") }
    let unknown = members.map(\.name).filter { !known.contains($0) }
    let nearest = nearestName(to: field, in: unknown).map { "; is it \($0.quotedForMessage)?" }
    return error(node, path + [field], "it is missing\(nearest ?? "")")
  }

  func error(_ node: JSONNode, _ path: [String], _ problem: String) -> JSONError {
    JSONError(
      source: text.source, line: text.line(of: node), field: path.isEmpty ? nil : path.joined(separator: "."),
      problem: problem)
  }

  /// What a type's own decoding says, in words.
  private func explanation(of error: DecodingError, as type: Any.Type, _ node: JSONNode) -> String {
    if case .string(let found) = node.content, let names = names(of: type) {
      let nearest = nearestName(to: found, in: names).map { "; did you mean “\($0)”?" } ?? ""
      return "\(node.description) is not one of \(names.joined(separator: ", "))\(nearest)"
    }
    switch error {
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
      .dataCorrupted(let context):
      return "\(node.description) is refused: \(context.debugDescription)"
    @unknown default: return "\(node.description) is refused"
    }
  }

  /// The names of an enumeration's cases, if it lists them.
  private func names(of type: Any.Type) -> [String]? {
    func names<Cases: CaseIterable>(_: Cases.Type) -> [String]? {
      let names = Cases.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
      return names.count == Cases.allCases.count ? names : nil
    }
    return (type as? any CaseIterable.Type).flatMap { names($0) }
  }
}
