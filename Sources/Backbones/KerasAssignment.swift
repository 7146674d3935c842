import Files
import Interchange
import Layers
import Tensors

/// A layer of a network that Keras' files have weights of.
struct KerasLayer {
  let name: String
  /// In Keras' order.
  let weights: [(role: KerasWeights.Role, parameter: Parameter)]

  init(_ name: String, _ convolution: Conv) {
    self.name = name
    weights = [(.kernel, convolution.weight)] + (convolution.bias.map { [(.bias, $0)] } ?? [])
  }

  init(_ name: String, _ dense: Dense) {
    self.name = name
    weights = [(.kernel, dense.weight)] + (dense.bias.map { [(.bias, $0)] } ?? [])
  }

  init(_ name: String, _ norm: BatchNorm) {
    self.name = name
    weights =
      (norm.scale.map { [(.gamma, $0)] } ?? []) + [
        (.beta, norm.offset), (.movingMean, norm.movingMean), (.movingVariance, norm.movingVariance),
      ]
  }
}

/// Which layers of a file are a network's own.
struct KerasNaming {
  /// Of the network, in messages.
  let network: String
  /// Whether a layer of this name belongs to the network or one of its relatives: the network must have it then. Anything
  /// else in the file, a head for example, is left alone.
  let isOwn: (String) -> Bool
  /// Names that Keras made up itself: each of these words is followed by the layer's number in the order of creation, which
  /// differs between files by where it starts.
  var numbered: [String] = []
  /// Whether a file without layers' names has them in the network's order, since nothing branches: the group that holds each.
  var unnamed: String?
}

extension KerasWeights {
  /// Puts weights into `layers`; changes nothing unless all of them are there, finite, and of the right shape.
  ///
  /// - Parameter all: The names of all layers of the network, where `layers` are only the first ones.
  /// - Throws: ``InterchangeError`` with every layer that does not fit, and both shapes.
  func assign(to layers: [KerasLayer], all: [String], _ naming: KerasNaming) throws {
    let found = try found(all, naming)
    var problems = [String](), datasets = [String](), parameters = [Parameter]()
    // Those behind the last layer that is wanted are missed too: it is another network's file then.
    for name in all where found[name] == nil { problems.append("layer \(name.quotedForMessage) is missing") }
    for layer in layers {
      guard let stored = found[layer.name] else { continue }
      let known = stored.weights.map { $0.role?.rawValue ?? $0.dataset.quotedForMessage }
      let wanted = layer.weights.map(\.role.rawValue)
      guard stored.weights.count == wanted.count, !stored.hasRoles || Set(known) == Set(wanted) else {
        problems.append(
          "layer \(layer.name.quotedForMessage) has "
            + (stored.hasRoles ? known.joined(separator: ", ") : "\(known.count) weights")
            + ", wanted \(wanted.joined(separator: ", "))")
        continue
      }
      for (index, (role, parameter)) in layer.weights.enumerated() {
        let dataset = stored.hasRoles ? stored.weights.first { $0.role == role }!.dataset : stored.weights[index].dataset
        let entry = file.datasets[dataset]!
        if entry.shape != parameter.shape {
          problems.append(
            "layer \(layer.name.quotedForMessage): the \(role.rawValue) has shape \("\(entry.shape)".shownInMessage), "
              + "wanted \(parameter.shape)")
        } else if entry.type != .float32 && entry.type != .float64 {
          let type = entry.type == .float16 ? "16-bit floats, which are too coarse" : "no floats"
          problems.append(
            "layer \(layer.name.quotedForMessage): the \(role.rawValue) \(entry.shape) is of \(type); save the network as float32")
        }
        datasets.append(dataset)
        parameters.append(parameter)
      }
    }
    guard problems.isEmpty else { throw unfit(problems, naming) }
    let values = try file.floats(datasets)
    for (dataset, values) in zip(datasets, values) where firstNonFinite(in: values) != nil {
      throw InterchangeError(
        path: file.path, place: "dataset \(dataset.quotedForMessage)", problem: "it has elements that are not finite; get it again")
    }
    for (parameter, values) in zip(parameters, values) {
      parameter.value = Tensor(values, shape: parameter.shape, on: parameter.value.device)
    }
  }

  /// The file's layers by the network's names.
  private func found(_ all: [String], _ naming: KerasNaming) throws -> [String: Layer] {
    guard layers.contains(where: \.isNamed) else { return try foundUnnamed(all, naming) }
    var found = [String: Layer](), problems = [String]()
    for layer in layers where layer.isNamed && KerasNaming.number(of: layer.name, in: naming.numbered) == nil {
      guard naming.isOwn(layer.name) else { continue }
      if !all.contains(layer.name) {
        problems.append("\(naming.network) has no layer \(layer.name.quotedForMessage)")
      } else if found.updateValue(layer, forKey: layer.name) != nil {
        problems.append("two layers are named \(layer.name.quotedForMessage)")
      }
    }
    for word in naming.numbered {
      func ordered<Element>(_ elements: [Element], _ name: (Element) -> String) -> [Element] {
        elements.compactMap { element in KerasNaming.number(of: name(element), in: [word]).map { ($0, element) } }
          .sorted { $0.0 < $1.0 }.map(\.1)
      }
      let wanted = ordered(all) { $0 }, stored = ordered(layers.filter(\.isNamed), \.name)
      if wanted.count == stored.count {
        for (name, layer) in zip(wanted, stored) { found[name] = layer }
      } else {
        problems.append("\(stored.count) layers are named \(word), \(word)_1 and so on, wanted \(wanted.count)")
      }
    }
    guard problems.isEmpty else { throw unfit(problems, naming) }
    return found
  }

  private func foundUnnamed(_ all: [String], _ naming: KerasNaming) throws -> [String: Layer] {
    guard let group = naming.unnamed else {
      throw unfit(
        ["it does not say its layers' names, as a newer Keras does; save the network again with it, or as .h5"], naming)
    }
    let stored = layers.filter { layer in
      let parts = layer.name.split(separator: "/")
      return parts.count >= 2 && parts[parts.count - 2] == "layers"
        && KerasNaming.number(of: String(parts.last!), in: [group]) != nil
    }
    guard stored.count == all.count else {
      throw unfit(["it has \(stored.count) layers \(group), wanted \(all.count)"], naming)
    }
    return Dictionary(uniqueKeysWithValues: zip(all, stored))
  }

  private func unfit(_ problems: [String], _ naming: KerasNaming) -> InterchangeError {
    let shown = problems.prefix(20).joined(separator: "; ")
    let more = problems.count > 20 ? "; and \(problems.count - 20) more" : ""
    let other = likelyNetwork.map { $0 == naming.network ? "" : "; it looks like weights of \($0)" } ?? ""
    return InterchangeError(path: file.path, place: "weights of \(naming.network)", problem: shown + more + other)
  }

  /// Which network of those that are known the file is probably of.
  private var likelyNetwork: String? {
    let names = Set(layers.map(\.name))
    if names.contains("block35_1_conv") { return "InceptionResNetV2" }
    if names.contains("block3_conv4") { return "VGG19" }
    if names.contains("block1_conv1") && names.contains("block5_conv3") { return "VGG16" }
    return layers.count { KerasNaming.number(of: $0.name, in: ["conv2d"]) != nil } == 94 ? "InceptionV3" : nil
  }
}

extension KerasNaming {
  /// The number behind one of `words`, 0 without any; nil if `name` is none of them.
  static func number(of name: String, in words: [String]) -> Int? {
    for word in words where name.hasPrefix(word) {
      let rest = name.dropFirst(word.count)
      if rest.isEmpty { return 0 }
      if rest.first == "_", rest.dropFirst().allSatisfy({ $0.isASCII && $0.isNumber }) { return Int(rest.dropFirst()) }
    }
    return nil
  }
}
