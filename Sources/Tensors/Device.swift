import Backends

/// Where tensors live and are computed.
public struct Device: Sendable, Hashable, CustomStringConvertible {
  /// What computes. ``synchronize()`` and reading a tensor report its failures.
  public let backend: any Backend

  /// A device that computes with `backend`. Two devices are equal if theirs is the same object.
  public init(_ backend: any Backend) { self.backend = backend }

  /// How `--device` names it: `reference`, `cpu`, `opencl:0`.
  public var identifier: String { backend.identifier }
  /// What a person calls it: the maker's name for the device.
  public var name: String { backend.name }
  public var description: String { "\(identifier) (\(name))" }

  /// Waits until everything asked for is computed, and throws the first failure since the last throw.
  public func synchronize() throws { try backend.synchronize() }

  public static func == (left: Device, right: Device) -> Bool { left.backend === right.backend }
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(backend)) }
}
