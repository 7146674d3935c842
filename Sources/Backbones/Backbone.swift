import Backends
import Files
import Layers
import Tensors

/// A feature network of named layers one after the other, of which any can be the output.
///
/// Its weights are usually read from a file and then held by ``Frozen``, so that they are neither trained, saved nor counted,
/// while gradients pass through to the input.
public class Backbone: Layer {
  /// Of the layers that can be an output, in the order in which they are computed. The last one is what the network gives.
  public let layerNames: [String]
  let layers: [Layer]

  init(_ layers: [(name: String, layer: Layer)]) {
    layerNames = layers.map(\.name)
    self.layers = layers.map(\.layer)
  }

  final var namedLayers: [(name: String, layer: Layer)] { Array(zip(layerNames, layers)) }

  public override func forward(_ input: Tensor) -> Tensor { layers.reduce(input) { $1($0) } }

  /// What the layers `names` make of `input`, in one pass that ends behind the last of them.
  public final func features(of input: Tensor, at names: [String]) -> [Tensor] {
    var found = [String: Tensor](), output = input
    for name in names where !layerNames.contains(name) { misuse("\(type(of: self)): no layer is named “\(name)”") }
    for (name, layer) in zip(layerNames, layers) where found.count < Set(names).count {
      output = layer(output)
      if names.contains(name) { found[name] = output }
    }
    return names.map { found[$0]! }
  }

  /// The layers up to `output`; all of them without one.
  static func layers<Element>(
    _ all: [(name: String, layer: Element)], through output: String?, of network: String
  ) throws(BackboneError) -> [(name: String, layer: Element)] {
    guard let output else { return all }
    guard let last = all.firstIndex(where: { $0.name == output }) else {
      throw BackboneError.unknownLayer(output, network: network, names: all.map(\.name))
    }
    return Array(all[...last])
  }
}

/// What keeps a feature network from being made.
public enum BackboneError: Error, Hashable, Sendable, CustomStringConvertible {
  /// No layer of the network has this name; those that can be given follow.
  case unknownLayer(String, network: String, names: [String])
  /// The weights are in none of the places where they are looked for.
  case weightsNotFound(PretrainedWeights, searched: [String])

  public var description: String {
    switch self {
    case .unknownLayer(let name, let network, let names):
      "\(network) has no layer \(name.quotedForMessage)"
        + suggestion(for: name, among: names, otherwise: "; it has \(names.joined(separator: ", "))")
    case .weightsNotFound(let weights, let searched):
      "the weights of \(weights.network) are not there; get them with `make weights` or `\(weights.command)`, "
        + "or give the file (looked for \(searched.joined(separator: ", ")))"
    }
  }
}
