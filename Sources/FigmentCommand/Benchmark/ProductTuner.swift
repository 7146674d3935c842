import Figment
import Foundation

/// Lets an OpenCL device find its fastest way to compute each product, and says what it found.
struct ProductTuner {
  /// The worst error of a way that counts as right, in root mean squares of the result: sums of some 100,000
  /// products in single precision stay well below it, wrong numbers do not.
  private static let tolerance = 1e-3

  private let device: Device
  private let backend: OpenCLBackend
  private let seconds: Double

  init(_ device: Device, seconds: Double) throws {
    guard let backend = device.backend as? OpenCLBackend else {
      throw UsageError("--tune is for OpenCL devices; \(device) computes in one way only")
    }
    (self.device, self.backend, self.seconds) = (device, backend, seconds)
  }

  func tune(_ products: [ProductBenchmark]) throws {
    for product in products {
      let (left, right) = product.operands(on: device)
      let samples = try SampledProduct(product.operation, left: left, right: right)
      let trials = try backend.tune(product.operation, left.storage, right.storage, seconds: seconds) {
        samples.error(of: $0) < Self.tolerance
      }
      let words = trials.map { trial in
        trial.milliseconds.map { "\(trial.variant) \($0.formatted(digits: 3)) ms\(trial.isChosen ? " *" : "")" }
          ?? "\(trial.variant): \(trial.problem ?? "failed")"
      }
      printError("\(product.name): \(words.joined(separator: ", "))")
    }
    if let file = try backend.saveTuning() { printError("The fastest ways (*) are kept in \(file.path)") }
  }
}
