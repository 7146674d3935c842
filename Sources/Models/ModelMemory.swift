import Backends
import Foundation
import Layers
import Tensors

extension GenerativeModel {
  /// Throws if this machine cannot hold the parameters of such a model, their gradients and two numbers more for each, as
  /// Adam keeps: found out without allocating anything.
  public static func requireMemory(for configuration: Configuration) throws(ConfigurationError) {
    let model = Self(configuration, on: Device(ShapeBackend()), seed: 0)
    let parameters = model.namedParameters().reduce(0.0) { $0 + Double($1.parameter.shape.count) }
    let needed = 16 * parameters, here = Double(ProcessInfo.processInfo.physicalMemory)
    guard needed <= here else {
      func gibibytes(_ bytes: Double) -> String { String(format: "%.1f GiB", bytes / 0x1p30) }
      throw ConfigurationError(
        "(all)",
        "a model of \(String(format: "%.3g", parameters)) parameters needs \(gibibytes(needed)) to be trained, this "
          + "machine has \(gibibytes(here))")
    }
  }
}
