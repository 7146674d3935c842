import Datasets
import Layers
import Models
import Tensors
import Training

/// Two small networks with learners of their own, in three stages: the shape of a recipe, without what it is for.
final class TwoNetworks: Module, TrainableModel {
  struct Configuration: ModelConfiguration {
    var size = 3
    func validate() throws(ConfigurationError) {}
  }

  static let identifier = "two-networks"
  static let title = "Two networks"
  static let batchSize = 4

  let configuration: Configuration
  let device: Device
  let random: RandomGenerator
  let first: Sequential
  let second: Sequential
  /// Used, but in no checkpoint.
  let reference: Frozen<Dense>

  init(_ configuration: Configuration = .init(), on device: Device, seed: UInt64) {
    (self.configuration, self.device, random) = (configuration, device, RandomGenerator(seed: seed))
    let context = LayerContext(device: device, generator: random)
    func network() -> Sequential {
      Sequential(
        Dense(inputSize: configuration.size, units: 4, in: context), BatchNorm(channels: 4, in: context),
        Dense(inputSize: 4, units: 1, in: context))
    }
    (first, second) = (network(), network())
    reference = Frozen(Dense(inputSize: configuration.size, units: 1, in: context))
  }

  var inputs: [Field] { [Field("value", shape: [configuration.size])] }
  var parts: [ModelPart] { [ModelPart("whole", inputShape: [configuration.size]) { self.first($0) }] }

  func stages() -> [Stage] {
    let first = Learner("first", Adam(learningRate: 1e-2), first, of: self)
    let second = Learner("second", RMSProp(learningRate: 1e-3), second, of: self)
    return [
      Stage("alone", length: .epochs(2), batchSize: 4, learners: [first], best: .lowest("first")),
      Stage("both", length: .iterations(7), batchSize: 3, learners: [first, second], recordEvery: .steps(2)),
      Stage("last", length: .epochs(1), batchSize: 5, learners: [second], best: .lowest("second")),
    ]
  }

  /// The second network learns at every third step only; what it measures is measured then.
  func step(_ batch: Batch, _ context: StepContext) -> Measurements {
    let input = batch["value"], target = reference(input), names = context.learners.map(\.name)
    var measured = Measurements()
    for name in names {
      let network = name == "first" ? first : second
      if name == "second", context.learner("second").optimizer.iterations % 3 == 2, names.count > 1 {
        measured.add("skipped", Tensor(1, on: device), weight: 1)
      }
      let noise = Tensor.randomNormal(input.shape, deviation: 0.1, using: random, on: device)
      let loss = Loss.meanSquaredError(network(input + noise), target)
      context.minimize(loss, name)
      measured.add(name, loss)
    }
    return measured
  }

  func evaluate(_ batch: Batch, in stage: Stage, using _: RandomGenerator) -> Measurements? {
    guard let name = stage.best?.measurement else { return nil }
    return evaluating {
      withoutGradient {
        let input = batch["value"]
        let loss = Loss.meanSquaredError((name == "first" ? first : second)(input), reference(input))
        return Measurements([name: loss])
      }
    }
  }

  func samples(_: FixedNoise, of _: (any Dataset)?, in _: Stage) throws -> [Sample] { [] }
}

/// Numbers drawn anew for every epoch.
struct DrawnValues: Dataset {
  let count: Int
  let fields = [Field("value", shape: [3])]
  var fingerprint: String { "drawn \(count)" }

  func sample(_ index: Int, _ draw: inout RandomWords) throws -> [HostArray] {
    [HostArray((0..<3).map { _ in draw.nextUniform() }, shape: [3])]
  }
}
