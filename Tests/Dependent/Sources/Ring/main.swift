// A model with a recipe of its own, trained on a device by name, saved, loaded and used.

import Figment
import Foundation

/// Learns to put points that strayed from a ring back onto it.
final class RingModel: Module, LossModel {
  struct Configuration: ModelConfiguration {
    var width = 32
    func validate() throws(ConfigurationError) {
      guard (1...1024).contains(width) else { throw ConfigurationError("width", "\(width) is not in 1...1024") }
    }
  }
  static let identifier = "ring", title = "Ring", batchSize = 32

  let configuration: Configuration, device: Device, random: RandomGenerator
  let network: Sequential

  init(_ configuration: Configuration, on device: Device, seed: UInt64) {
    (self.configuration, self.device, random) = (configuration, device, RandomGenerator(seed: seed))
    let context = LayerContext(device: device, generator: random)
    network = Sequential(
      Dense(inputSize: 2, units: configuration.width, activation: .tanh, in: context), Scale(in: context),
      Dense(inputSize: configuration.width, units: 2, in: context))
  }

  var inputs: [Field] { [Field("point", shape: [2])] }
  var parts: [ModelPart] { [ModelPart("whole", inputShape: [2]) { self.network($0) }] }
  func optimizer() -> Optimizer { SignDescent(learningRate: 2e-3) }

  func losses(_ batch: Batch, using generator: RandomGenerator) -> (loss: Tensor, parts: Measurements) {
    let points = batch["point"], strayed = points + 0.2 * Tensor.randomNormal(points.shape, using: generator, on: device)
    let loss = (network(strayed) - points).squared().mean()
    return (loss, Measurements(["loss": loss]))
  }

  func samples(_ noise: FixedNoise, of held: (any Dataset)?, in stage: Stage) throws -> [Sample] { [] }
}

let device = try DeviceSelection.named(CommandLine.arguments.dropFirst().first ?? "auto").device
let model = RingModel(.init(), on: device, seed: 7), trainer = Trainer(model), curve = Curve()
try trainer.fit(RingData(count: 512), epochs: 20, callbacks: [curve])
guard curve.losses.count == 20, curve.losses[19] < 0.5 * curve.losses[0] else { fatalError("no lesson: \(curve.losses)") }

let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ring-\(UUID())")
try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(at: folder) }
let (run, weights) = (folder.appendingPathComponent("run.safetensors"), folder.appendingPathComponent("weights.safetensors"))
try Checkpoint.write(trainer, to: run)
try model.saveWeights(to: weights)

// The run goes on where it stopped; the weights alone predict the same.
let resumed = Trainer(RingModel(.init(), on: device, seed: 7))
try Checkpoint(contentsOf: run).restore(resumed)
try resumed.fit(RingData(count: 512), epochs: 21)
try trainer.fit(RingData(count: 512), epochs: 21)
let other = RingModel(.init(), on: device, seed: 8)
try other.loadWeights(from: weights)
let point = Tensor([1.1, 0.2], shape: [1, 2], on: device)
let (ours, theirs) = (try Array(model.network(point)), try Array((resumed.model as! RingModel).network(point)))
guard ours == theirs, try Array(other.network(point)) != ours else { fatalError("\(ours) after the run, \(theirs) resumed") }
print("loss \(curve.losses[0]) to \(curve.losses[19]) on \(device); \(point[0]) goes to \(other.network(point)[0])")
