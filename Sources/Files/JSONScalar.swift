/// Why a JSON value is not what a type asks for.
struct JSONMismatch: Error {
  let problem: String

  init(problem: String) { self.problem = problem }

  init(_ node: JSONNode, _ expected: String) { problem = "\(node.description) is not \(expected)" }
}

/// A type that one JSON value holds: nothing is rounded, cut or wrapped to fit it.
protocol JSONScalar: Decodable {
  init(_ node: JSONNode) throws(JSONMismatch)
}

extension Bool: JSONScalar {
  init(_ node: JSONNode) throws(JSONMismatch) {
    guard case .bool(let value) = node.content else { throw JSONMismatch(node, "true or false") }
    self = value
  }
}

extension String: JSONScalar {
  init(_ node: JSONNode) throws(JSONMismatch) {
    guard case .string(let value) = node.content else { throw JSONMismatch(node, "a text in quotes") }
    self = value
  }
}

extension FixedWidthInteger where Self: JSONScalar {
  init(_ node: JSONNode) throws(JSONMismatch) {
    guard case .number(let text) = node.content else { throw JSONMismatch(node, "a whole number") }
    if let value = Self(text) {
      self = value
      return
    }
    guard let number = Double(text), number == number.rounded() else { throw JSONMismatch(node, "a whole number") }
    // 1.0 and 1e3 are whole numbers too, as far as doubles count.
    let hasPoint = text.utf8.contains { ".eE".utf8.contains($0) }
    if hasPoint, abs(number) <= 0x1p53, let value = Self(exactly: number) {
      self = value
    } else if text.hasPrefix("-") ? number < Double(Self.min) || !hasPoint : number > Double(Self.max) || !hasPoint {
      let bound = text.hasPrefix("-") ? "less than \(Self.min)" : "more than \(Self.max)"
      throw JSONMismatch(problem: "\(node.description) is \(bound)")
    } else {
      throw JSONMismatch(problem: "\(node.description) is not written with all its digits")
    }
  }
}

extension Int: JSONScalar {}
extension Int8: JSONScalar {}
extension Int16: JSONScalar {}
extension Int32: JSONScalar {}
extension Int64: JSONScalar {}
extension UInt: JSONScalar {}
extension UInt8: JSONScalar {}
extension UInt16: JSONScalar {}
extension UInt32: JSONScalar {}
extension UInt64: JSONScalar {}

extension BinaryFloatingPoint where Self: JSONScalar & LosslessStringConvertible {
  init(_ node: JSONNode) throws(JSONMismatch) {
    guard case .number(let text) = node.content, let value = Self(text) else { throw JSONMismatch(node, "a number") }
    guard value.isFinite else {
      throw JSONMismatch(problem: "\(node.description) is too large for a \(MemoryLayout<Self>.size * 8)-bit number")
    }
    self = value
  }
}

extension Float: JSONScalar {}
extension Double: JSONScalar {}
