import Backends
import Tensors

/// Something with parameters: a layer, a network, a model.
///
/// Parameters and inner modules are found in the stored properties, in declaration order: alone, optional, or in arrays,
/// dictionaries (by the order of their keys) and tuples, however deep. Their names are the dotted path to them, as in
/// `encoder.layers.0.weight`. One that hides in a structure, an enumeration or a set stops the program with the
/// property's path, since it would be neither trained nor saved; ``Frozen`` hides one on purpose.
open class Module {
  /// Whether batch statistics and dropout behave as in training. Set by `train()` and `evaluate()`.
  public private(set) final var isTraining = true

  /// A module in training mode.
  public init() {}

  /// Puts this module and all inner ones into training mode.
  public final func train() { forEachModule { $0.isTraining = true } }
  /// Puts this module and all inner ones into evaluation mode: moving averages, no dropout.
  public final func evaluate() { forEachModule { $0.isTraining = false } }

  /// Runs `body` in evaluation mode, then restores each module's mode.
  public final func evaluating<Result>(_ body: () throws -> Result) rethrows -> Result {
    var wereTraining = [Module]()
    forEachModule { module in
      if module.isTraining { wereTraining.append(module) }
      module.isTraining = false
    }
    defer { for module in wereTraining { module.isTraining = true } }
    return try body()
  }

  /// All parameters, each once, by name.
  public final func namedParameters() -> [(name: String, parameter: Parameter)] {
    var found = [(name: String, parameter: Parameter)]()
    var seen = Set<ObjectIdentifier>()
    ModuleVisit.children(of: self, path: "") { name, child in
      guard let parameter = child as? Parameter, seen.insert(ObjectIdentifier(parameter)).inserted else { return }
      parameter.name = name
      found.append((name, parameter))
    }
    return found
  }

  /// All parameters, each once, in declaration order; statistics too.
  public final var parameters: [Parameter] { namedParameters().map(\.parameter) }
  /// Those of ``parameters`` that an optimizer may change.
  public final var trainableParameters: [Parameter] { parameters.filter { $0.kind == .trainable } }

  /// The number of scalars in all parameters, statistics included (Keras' "total params").
  public final var parameterCount: Int { parameters.reduce(0) { $0 + $1.shape.count } }

  /// This module and all inner ones, by name; its own name is empty.
  public final func namedModules() -> [(name: String, module: Module)] {
    var found: [(name: String, module: Module)] = [("", self)]
    ModuleVisit.children(of: self, path: "") { name, child in
      if let module = child as? Module { found.append((name, module)) }
    }
    return found
  }

  private func forEachModule(_ body: (Module) -> Void) {
    for (_, module) in namedModules() { body(module) }
  }
}

/// What a layer is made with: where its parameters live, and the numbers they start from.
public struct LayerContext {
  /// Where parameters live and the layer computes.
  public let device: Device
  /// What initializers draw from, and dropout while training.
  public let generator: RandomGenerator
  /// Whether dense layers and convolutions made with it normalize their weights: see ``SpectralNorm``.
  public var useSpectralNorm = false

  /// A context for the layers of one model: its device, and the stream of its seed.
  public init(device: Device, generator: RandomGenerator) {
    (self.device, self.generator) = (device, generator)
  }
}

/// A module that maps one tensor to one tensor. Subclasses override `forward`; users call the layer.
open class Layer: Module {
  /// The layer's settings as a summary shows them behind its type, such as `3×3, stride 2`.
  open var details: String { "" }

  /// What the layer makes of `input`. The default stops the program: every layer overrides it.
  ///
  /// Call the layer, not this method: a direct call is missing from summaries.
  open func forward(_ input: Tensor) -> Tensor {
    misuse("\(type(of: self)) does not override forward(_:)")
  }

  /// Runs ``forward(_:)`` and shows the layer in summaries.
  public final func callAsFunction(_ input: Tensor) -> Tensor {
    traced(forward(input), of: input, details: details)
  }
}
