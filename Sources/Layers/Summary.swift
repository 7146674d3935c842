import Backends
import Files
import Tensors

/// The layers that a forward pass went through, in order.
final class LayerTrace: @unchecked Sendable {
  // Unchecked: a trace lives in one synchronous call of `Summary.init`.
  @TaskLocal static var current: LayerTrace?

  struct Step {
    let module: Module
    let details: String
    let inputs: [ObjectIdentifier]
    let output: Tensor
  }

  var steps: [Step] = []

  func record(_ module: Module, details: String, inputs: [Tensor], output: Tensor) {
    // Only leaves: containers would repeat what they contain.
    guard !(module is Sequential || module is Residual) else { return }
    steps.append(
      Step(module: module, details: details, inputs: inputs.map { ObjectIdentifier($0.storage) }, output: output))
  }
}

extension Module {
  /// Shows this module in summaries as what made `output` of `inputs`, and returns `output`. A ``Layer`` does it by itself;
  /// a module with several inputs calls it at the end of its own.
  public final func traced(_ output: Tensor, of inputs: Tensor..., details: String = "") -> Tensor {
    LayerTrace.current?.record(self, details: details, inputs: inputs, output: output)
    return output
  }
}

/// A table of a model's layers as Keras prints it: type, output shape, parameters, what each is connected to.
public struct Summary: CustomStringConvertible {
  /// A layer, at one call of it.
  public struct Row: Equatable, Sendable {
    /// The dotted path of the layer.
    public let name: String
    /// The layer's type, and its details in parentheses if it has some: `Conv2D (3×3, stride 2, relu)`.
    public let type: String
    /// Without the batch dimension.
    public let outputShape: [Int]
    /// Scalars in the layer's parameters, statistics included; counted again at every call.
    public let parameters: Int
    /// The names of the layers that made its inputs; `input` for what no layer made.
    public let connectedTo: [String]
  }

  /// What stands above the table.
  public let title: String
  /// The layers in the order in which they were called, without ``Sequential`` and ``Residual`` themselves.
  public let rows: [Row]
  /// Scalars in all parameters of the model, statistics included, each parameter once.
  public let total: Int
  /// Scalars in the trainable ones.
  public let trainable: Int
  /// The parameters of each of the networks the model is made of, if there are several.
  public let networks: [(name: String, parameters: Int)]

  /// Follows `forward`, which calls the layers of `model` on a batch of one.
  public init(_ title: String, of model: Module, forward: () -> Void) {
    let trace = LayerTrace()
    model.evaluating { withoutGradient { LayerTrace.$current.withValue(trace, operation: forward) } }
    var names = [ObjectIdentifier: String]()
    for (name, module) in model.namedModules() { names[ObjectIdentifier(module)] = name }
    // A layer that only relabels (Flatten) returns the storage it was given: the last one to return it counts.
    var producers = [ObjectIdentifier: String]()
    rows = trace.steps.map { step in
      let name = names[ObjectIdentifier(step.module)] ?? "(unnamed)"
      defer { producers[ObjectIdentifier(step.output.storage)] = name }
      return Row(
        name: name, type: "\(Swift.type(of: step.module))" + (step.details.isEmpty ? "" : " (\(step.details))"),
        outputShape: Array(step.output.shape.dimensions.dropFirst()), parameters: step.module.parameterCount,
        connectedTo: step.inputs.map { producers[$0] ?? "input" })
    }
    self.title = title
    let parts = model.namedModules().filter { !$0.name.isEmpty && !$0.name.contains(".") && $0.module.parameterCount > 0 }
    networks = parts.count > 1 ? parts.map { ($0.name, $0.module.parameterCount) } : []
    total = model.parameterCount
    trainable = model.trainableParameters.reduce(0) { $0 + $1.shape.count }
  }

  /// The whole table, as wide as it is.
  public var description: String { text(width: .max) }

  /// The table in lines of at most `width` characters, down to some 45: without the column of what layers are connected to, then
  /// with types, names and at last shapes broken into lines.
  public func text(width: Int) -> String {
    let table = TextTable(
      titles: ["Layer", "Type", "Output shape", "Parameters", "Connected to"],
      rows: rows.map { row in
        let shape = ["None"] + row.outputShape.map(String.init)
        return [
          row.name, row.type, "(\(shape.joined(separator: ", ")))", row.parameters.grouped,
          row.connectedTo.joined(separator: ", "),
        ]
      }, numbers: [3],
      narrowings: [.wrapping(4), .leavingOut(4), .wrapping(1), .wrapping(0, behind: "."), .wrapping(2)])
    let (titles, lines) = table.lines(width: width)
    let rule = String(repeating: "─", count: (titles + lines).map(\.count).max()!)
    return
      ([title, rule] + titles + [rule] + lines + [rule] + networks.map { "\($0.name): \($0.parameters.grouped)" } + [
        "Total parameters: \(total.grouped) (\(byteCount(total)))", "Trainable: \(trainable.grouped)",
        "Statistics: \((total - trainable).grouped)",
      ]).joined(separator: "\n")
  }

  private func byteCount(_ parameters: Int) -> String {
    let kibibytes = Double(parameters) * 4 / 1024
    let (value, unit) = kibibytes < 1024 ? (kibibytes, "KiB") : (kibibytes / 1024, "MiB")
    return "\((value * 100).rounded() / 100) \(unit)"
  }
}

extension Int {
  /// With a comma at the thousands.
  fileprivate var grouped: String {
    var digits = Array(String(self))
    for position in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: position) }
    return String(digits)
  }
}
