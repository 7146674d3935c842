import Backends
import Tensors

/// The layers that a forward pass went through, in order.
final class LayerTrace: @unchecked Sendable {
  // Unchecked: a trace lives in one synchronous call of `Summary.init`.
  @TaskLocal static var current: LayerTrace?

  struct Step {
    let layer: Layer
    let inputs: [ObjectIdentifier]
    let output: Tensor
  }

  var steps: [Step] = []

  func record(_ layer: Layer, input: Tensor, output: Tensor) {
    // Only leaves: containers would repeat what they contain.
    guard !(layer is Sequential || layer is Residual) else { return }
    steps.append(Step(layer: layer, inputs: [ObjectIdentifier(input.storage)], output: output))
  }
}

/// A table of a model's layers as Keras prints it: type, output shape, parameters, what each is connected to.
public struct Summary: CustomStringConvertible {
  public struct Row: Equatable, Sendable {
    /// The dotted path of the layer.
    public let name: String
    public let type: String
    /// Without the batch dimension.
    public let outputShape: [Int]
    public let parameters: Int
    public let connectedTo: [String]
  }

  public let title: String
  public let rows: [Row]
  public let total: Int
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
      let name = names[ObjectIdentifier(step.layer)] ?? "(unnamed)"
      defer { producers[ObjectIdentifier(step.output.storage)] = name }
      let details = step.layer.details
      return Row(
        name: name, type: "\(Swift.type(of: step.layer))" + (details.isEmpty ? "" : " (\(details))"),
        outputShape: Array(step.output.shape.dimensions.dropFirst()), parameters: step.layer.parameterCount,
        connectedTo: step.inputs.map { producers[$0] ?? "input" })
    }
    self.title = title
    let parts = model.namedModules().filter { !$0.name.isEmpty && !$0.name.contains(".") && $0.module.parameterCount > 0 }
    networks = parts.count > 1 ? parts.map { ($0.name, $0.module.parameterCount) } : []
    total = model.parameterCount
    trainable = model.trainableParameters.reduce(0) { $0 + $1.shape.count }
  }

  public var description: String {
    let header = ["Layer", "Type", "Output shape", "Parameters", "Connected to"]
    let cells = rows.map { row in
      [
        row.name, row.type, "(" + (["None"] + row.outputShape.map(String.init)).joined(separator: ", ") + ")",
        row.parameters.grouped, row.connectedTo.joined(separator: ", "),
      ]
    }
    let widths = header.indices.map { column in ([header] + cells).map { $0[column].count }.max()! }
    func line(_ row: [String]) -> String {
      var padded = [String]()
      for (column, cell) in row.enumerated() {
        let space = String(repeating: " ", count: widths[column] - cell.count)
        padded.append(column == 3 ? space + cell : cell + space)
      }
      return padded.joined(separator: "  ").trimmingTrailingSpaces
    }
    let rule = String(repeating: "─", count: widths.reduce(0, +) + 2 * (widths.count - 1))
    return
      ([title, rule, line(header), rule] + cells.map(line) + [rule] + networks.map { "\($0.name): \($0.parameters.grouped)" } + [
        "Total parameters: \(total.grouped) (\(byteCount(total)))",
        "Trainable: \(trainable.grouped)", "Statistics: \((total - trainable).grouped)",
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

extension String {
  fileprivate var trimmingTrailingSpaces: String {
    var result = self[...]
    while result.last == " " { result.removeLast() }
    return String(result)
  }
}
