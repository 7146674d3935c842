import Backends
import Foundation
import Interchange
import Tensors
import Testing

/// One case of a fixture file: what Keras or PyTorch computed. `Tests/Fixtures/README.md` has the format.
public struct FixtureCase: Sendable, CustomTestStringConvertible {
  public struct Values: Sendable {
    public let shape: Shape
    public let scalars: [Float]
  }

  public let name: String
  public let attributes: [String: Attribute]
  public let tensors: [String: Values]

  public var testDescription: String { name }

  public subscript(role: String) -> Values {
    guard let values = tensors[role] else { fatalError("the fixture \(name) has no \(role)") }
    return values
  }

  public func tensor(_ role: String, on device: Device) -> Tensor {
    Tensor(self[role].scalars, shape: self[role].shape, on: device)
  }

  /// The roles that the case has gradients of, in a fixed order.
  public var differentiatedRoles: [String] {
    tensors.keys.filter { tensors["\($0)Gradient"] != nil }.sorted()
  }

  public func has(_ attribute: String) -> Bool { attributes[attribute] != nil }

  public func number(_ attribute: String) -> Float {
    guard case .number(let value) = attributes[attribute] else { wrong(attribute) }
    return Float(value)
  }

  public func integer(_ attribute: String) -> Int { Int(number(attribute)) }

  public func integers(_ attribute: String) -> [Int] {
    guard case .list(let list) = attributes[attribute] else { wrong(attribute) }
    return list.map { if case .number(let value) = $0 { Int(value) } else { wrong(attribute) } }
  }

  public func numbers(_ attribute: String) -> [Float] {
    guard case .list(let list) = attributes[attribute] else { wrong(attribute) }
    return list.map { if case .number(let value) = $0 { Float(value) } else { wrong(attribute) } }
  }

  public func flag(_ attribute: String) -> Bool {
    guard case .flag(let value) = attributes[attribute] else { wrong(attribute) }
    return value
  }

  public func text(_ attribute: String) -> String {
    guard case .text(let value) = attributes[attribute] else { wrong(attribute) }
    return value
  }

  private func wrong(_ attribute: String) -> Never {
    fatalError("the fixture \(name) has no attribute \(attribute) of this type")
  }
}

/// A file of `Tests/Fixtures`: where the tests were built, or in the folder that `FIGMENT_FIXTURES` names, where they are
/// run on another machine.
public func fixtureURL(_ file: String) -> URL {
  let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  let folder = ProcessInfo.processInfo.environment["FIGMENT_FIXTURES"].map { URL(filePath: $0) }
  return (folder ?? tests.appending(path: "Fixtures")).appending(path: file)
}

/// The cases of `Tests/Fixtures/<name>.safetensors`, by name.
///
/// Stops the program if the file cannot be read: the list of a test's arguments has no other way to fail.
public func fixture(_ name: String) -> [FixtureCase] {
  do {
    return try FixtureCase.all(in: fixtureURL("\(name).safetensors"))
  } catch {
    fatalError("the fixture \(name): \(error)")
  }
}

extension FixtureCase {
  fileprivate static func all(in url: URL) throws -> [FixtureCase] {
    let file = try SafetensorsFile(contentsOf: url)
    var tensors: [String: [String: Values]] = [:]
    for name in file.names {
      let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
      tensors[parts[0], default: [:]][parts[1]] = Values(
        shape: file.entries[name]!.shape, scalars: try file.floats(name))
    }
    return try file.metadata.sorted { $0.key < $1.key }.map { name, text in
      FixtureCase(
        name: name, attributes: try JSONDecoder().decode([String: Attribute].self, from: Data(text.utf8)),
        tensors: tensors[name] ?? [:])
    }
  }
}
