import Files
import Foundation

/// The weights of a network as Keras saves them, by layer: `.h5` files of the old layout, those of whole models too, and
/// Keras 3's `.weights.h5`.
public struct KerasWeights: Sendable {
  /// What a weight is to its layer.
  public enum Role: String, Hashable, Sendable {
    /// The filter of a convolution `[k…, I, O]`, or the matrix of a dense layer `[I, O]`.
    case kernel
    /// Of a convolution or a dense layer, `[O]`.
    case bias
    /// The scale of a normalization.
    case gamma
    /// The offset of a normalization.
    case beta
    /// A normalization's average of means.
    case movingMean = "moving mean"
    /// A normalization's average of variances.
    case movingVariance = "moving variance"
  }

  /// A layer with weights.
  public struct Layer: Sendable {
    /// As the network called it; its place in the file where that does not say (Keras 3 before it kept names).
    public let name: String
    /// Whether `name` is what the network called it.
    public let isNamed: Bool
    /// In Keras' order. The old layout names what each is, which is nil for a name of no ``Role``; the new one does not.
    public let weights: [(role: Role?, dataset: String)]
    /// Whether the roles are known.
    public let hasRoles: Bool
  }

  /// The file itself.
  public let file: HDF5File
  /// In the order of the network, in the old layout; otherwise in that of their places in the file.
  public let layers: [Layer]

  /// Reads which layers there are, but no weights.
  ///
  /// - Throws: What ``HDF5File`` throws; ``InterchangeError`` if Keras saved no weights in it, or its attributes name
  ///   layers or weights that are not there.
  public init(contentsOf url: URL) throws {
    file = try HDF5File(contentsOf: url)
    let root = file.groups.contains("model_weights") ? "model_weights" : ""
    if let names = KerasWeights.texts("layer_names", of: root, in: file) {
      layers = try KerasWeights.namedLayers(names, below: root, in: file)
    } else {
      layers = try KerasWeights.numberedLayers(in: file)
    }
    guard !layers.isEmpty else {
      throw InterchangeError(
        path: file.path, place: "the file",
        problem: "it holds no weights that Keras saved: neither the attribute “layer_names” nor groups “vars” with numbered "
          + "datasets; give a .h5 or .weights.h5 of Keras")
    }
  }

  /// The layers of a name: none, one, or several where the file does not keep them apart.
  public func layers(named name: String) -> [Layer] { layers.filter { $0.name == name } }

  /// Attributes beyond 64 KiB are spread over several, with numbers behind their name.
  private static func texts(_ attribute: String, of group: String, in file: HDF5File) -> [String]? {
    if let texts = file.texts(attribute, of: group) { return texts }
    var texts = [String](), number = 0
    while let more = file.texts("\(attribute)\(number)", of: group) {
      texts += more
      number += 1
    }
    return number == 0 ? nil : texts
  }

  /// The old layout: lists of names as attributes.
  private static func namedLayers(_ names: [String], below root: String, in file: HDF5File) throws -> [Layer] {
    func wrong(_ place: String, _ problem: String) -> InterchangeError {
      InterchangeError(path: file.path, place: place, problem: problem + "; save the weights again, or get the file again")
    }
    var seen = Set<String>()
    return try names.compactMap { name in
      let group = root.isEmpty ? name : "\(root)/\(name)"
      guard seen.insert(name).inserted else {
        throw wrong("attribute “layer_names”", "it names the layer \(name.quotedForMessage) twice")
      }
      guard file.groups.contains(group) else {
        throw wrong("attribute “layer_names”", "it names the layer \(name.quotedForMessage), of which there is no group")
      }
      let weights = try (texts("weight_names", of: group, in: file) ?? []).map { weight in
        let dataset = "\(group)/\(weight)"
        guard file.datasets[dataset] != nil else {
          throw wrong(
            "layer \(name.quotedForMessage)",
            "its attribute “weight_names” names \(weight.quotedForMessage), of which there is no dataset")
        }
        return (Role(weightName: weight), dataset)
      }
      return weights.isEmpty ? nil : Layer(name: name, isNamed: true, weights: weights, hasRoles: true)
    }
  }

  /// Keras 3: groups `…/vars` with datasets `0`, `1`, …, and the layer's name as an attribute.
  private static func numberedLayers(in file: HDF5File) throws -> [Layer] {
    var counts = [String: Int]()
    for dataset in file.datasets.keys {
      let parts = dataset.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count >= 2, parts[parts.count - 2] == "vars", Int(parts.last!) != nil, parts.first != "optimizer" else {
        continue
      }
      counts[parts.dropLast().joined(separator: "/"), default: 0] += 1
    }
    return try counts.sorted { isNaturallyBefore($0.key, $1.key) }.map { group, count in
      let place = group == "vars" ? group : String(group.dropLast("/vars".count))
      let datasets = (0..<count).map { "\(group)/\($0)" }
      if let missing = datasets.first(where: { file.datasets[$0] == nil }) {
        throw InterchangeError(
          path: file.path, place: "group \(group.quotedForMessage)",
          problem: "it holds \(count) weights, but \(missing.quotedForMessage) is none of them; save the weights again")
      }
      let name = file.texts("name", of: group)?.first
      return Layer(name: name ?? place, isNamed: name != nil, weights: datasets.map { (nil, $0) }, hasRoles: false)
    }
  }

  /// As people order names: `conv2d_2` comes before `conv2d_10`, and `conv2d` before both.
  static func isNaturallyBefore(_ first: String, _ second: String) -> Bool {
    func parts(_ name: String) -> [(text: String, number: Int)] {
      name.split(separator: "/").map { part in
        let digits = part.reversed().prefix { $0.isASCII && $0.isNumber }.count
        return (String(part.dropLast(digits)).trimmingUnderscore, Int(part.suffix(digits)) ?? -1)
      }
    }
    for (a, b) in zip(parts(first), parts(second)) where a != b { return a < b }
    return first.count < second.count
  }
}

extension KerasWeights.Role {
  /// From names such as `conv2d_7/kernel:0`, and `block1_conv1_W_1:0` as the first Keras had them.
  fileprivate init?(weightName: String) {
    var name = (weightName.split(separator: "/").last ?? "").lowercased()
    if let colon = name.firstIndex(of: ":") { name.removeSubrange(colon...) }
    let digits = name.reversed().prefix { $0.isASCII && $0.isNumber }.count
    if digits > 0, name.dropLast(digits).last == "_" { name.removeLast(digits + 1) }
    let endings: [(String, Self)] = [
      ("kernel", .kernel), ("bias", .bias), ("gamma", .gamma), ("beta", .beta), ("moving_mean", .movingMean),
      ("moving_variance", .movingVariance), ("running_mean", .movingMean), ("running_std", .movingVariance), ("_w", .kernel),
      ("_b", .bias),
    ]
    guard let role = endings.first(where: { name.hasSuffix($0.0) })?.1 else { return nil }
    self = role
  }
}

extension String {
  fileprivate var trimmingUnderscore: String { hasSuffix("_") ? String(dropLast()) : self }
}
