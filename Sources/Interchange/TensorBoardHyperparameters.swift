import Files
import Foundation

extension TensorBoardWriter {
  /// Writes what TensorBoard's HParams page shows of a run, as an event file of its own that replaces the last one: of two
  /// in a folder TensorBoard would show the older.
  ///
  /// - Parameter values: By name. Objects are taken apart, `objective.loss`; lists are shown as text; nulls are left out.
  public static func writeHyperparameters(_ values: [String: JSONValue], folder: URL) throws {
    let entries = try flat(values).sorted { $0.name < $1.name }
    let record = EventFile.record("_hparams_/session_start_info", step: 0) { value in
      // A tensor of no elements: TensorBoard wants one, and reads the metadata.
      value.add(ValueField.tensor) { tensor in
        tensor.add(TensorField.type, TensorField.float)
        tensor.add(TensorField.shape) { shape in shape.add(TensorField.dimension) { _ in } }
      }
      value.add(ValueField.metadata) { metadata in
        metadata.add(MetadataField.plugin) { plugin in
          plugin.add(PluginField.name, "hparams")
          plugin.add(PluginField.content) { content in
            content.add(HyperparametersField.sessionStart) { session in
              for (name, value) in entries {
                session.add(SessionField.hyperparameters) { entry in
                  entry.add(1, name)
                  entry.add(2) { $0.add(value) }
                }
              }
              session.add(SessionField.startTime, Date().timeIntervalSince1970)
            }
          }
        }
      }
    }
    try writeAtomically(EventFile.firstRecord() + record, to: folder.appendingPathComponent(EventFile.hyperparametersName))
  }

  fileprivate enum Value {
    case number(Double)
    case text(String)
    case flag(Bool)
  }

  private static func flat(_ values: [String: JSONValue], prefix: String = "") throws -> [(name: String, value: Value)] {
    try values.flatMap { name, value -> [(name: String, value: Value)] in
      switch value {
      case .null: []
      case .bool(let flag): [(prefix + name, .flag(flag))]
      case .number(let number): [(prefix + name, .number(number))]
      case .string(let text): [(prefix + name, .text(text))]
      case .array: [(prefix + name, .text(String(decoding: try value.data, as: UTF8.self)))]
      case .object(let members): try flat(members, prefix: "\(prefix)\(name).")
      }
    }
  }
}

extension ProtobufMessage {
  /// The fields of a `google.protobuf.Value`.
  fileprivate mutating func add(_ value: TensorBoardWriter.Value) {
    switch value {
    case .number(let number): add(2, number)
    case .text(let text): add(3, text)
    case .flag(let flag): add(4, flag ? 1 : 0)
    }
  }
}

// Numbers of the fields in TensorFlow's summary.proto and tensor.proto and TensorBoard's plugins/hparams/plugin_data.proto.

private enum MetadataField {
  static let plugin = 1
}

private enum PluginField {
  static let name = 1
  static let content = 2
}

private enum HyperparametersField {
  static let sessionStart = 3
}

private enum SessionField {
  static let hyperparameters = 1
  static let startTime = 5
}

private enum TensorField {
  static let type = 1
  static let float = 1
  static let shape = 2
  static let dimension = 2
}
