import Backends
import Synchronization

/// Finds parameters and modules among the stored properties of a module.
enum ModuleVisit {
  /// Calls `body` with every parameter and module below `module`, and its dotted path, in declaration order.
  static func children(of module: Module, path: String, _ body: (String, AnyObject) -> Void) {
    var mirrors = [Mirror](), mirror: Mirror? = Mirror(reflecting: module)
    while let current = mirror, current.subjectType != Module.self {
      mirrors.insert(current, at: 0)
      mirror = current.superclassMirror
    }
    for child in mirrors.lazy.flatMap(\.children) {
      guard let label = child.label else { continue }
      value(child.value, path: join(path, label), body)
    }
  }

  private static func value(_ value: Any, path: String, _ body: (String, AnyObject) -> Void) {
    switch value {
    case let parameter as Parameter: body(path, parameter)
    case let module as Module:
      body(path, module)
      children(of: module, path: path, body)
    case is any HiddenModules: return
    case let container as any ModuleContainer:
      for (label, element) in container.visited { Self.value(element, path: join(path, label), body) }
    default:
      let type = type(of: value)
      if type is AnyClass || freeOfModules.withLock({ $0.contains(ObjectIdentifier(type)) }) { return }
      structure(value, type, path: path, body)
    }
  }

  /// Tuples are looked through; anything else must hold no module.
  private static func structure(_ value: Any, _ type: Any.Type, path: String, _ body: (String, AnyObject) -> Void) {
    let mirror = Mirror(reflecting: value)
    if mirror.displayStyle == .tuple {
      for (label, element) in mirror.children {
        // Unlabelled elements are called .0, .1 by their mirror.
        Self.value(element, path: join(path, (label ?? "").trimmingDot), body)
      }
      return
    }
    for (label, element) in mirror.children {
      Self.value(element, path: join(path, label ?? "")) { place, _ in
        misuse(
          "module property \(place): a module or parameter inside of \(type) would be neither trained nor saved; "
            + "hold it in a property, an array, a dictionary or a tuple of the module itself, or hide it by Frozen")
      }
    }
    freeOfModules.withLock { _ = $0.insert(ObjectIdentifier(type)) }
  }

  private static func join(_ path: String, _ label: String) -> String {
    path.isEmpty ? label : label.isEmpty ? path : "\(path).\(label)"
  }

  /// Types whose values were looked through once, so that a walk costs no reflection for them.
  private static let freeOfModules = Mutex<Set<ObjectIdentifier>>([])
}

/// A value that holds modules which are not the surrounding module's.
protocol HiddenModules {}

/// A collection that may hold modules.
private protocol ModuleContainer {
  /// What it holds, in the order of names; nothing if it holds plain numbers or texts.
  var visited: [(label: String, element: Any)] { get }
}

/// Numbers and texts, of which there may be millions.
private func isPlain(_ type: Any.Type) -> Bool { type is any Numeric.Type || type == String.self || type == Bool.self }

extension Array: ModuleContainer {
  fileprivate var visited: [(label: String, element: Any)] {
    isPlain(Element.self) ? [] : enumerated().map { ("\($0.offset)", $0.element) }
  }
}

extension Dictionary: ModuleContainer {
  fileprivate var visited: [(label: String, element: Any)] {
    isPlain(Value.self) ? [] : map { ("\($0.key)", $0.value) }.sorted { $0.label < $1.label }
  }
}

extension Optional: ModuleContainer {
  fileprivate var visited: [(label: String, element: Any)] { map { [("", $0)] } ?? [] }
}

extension String {
  fileprivate var trimmingDot: String { hasPrefix(".") ? String(dropFirst()) : self }
}
