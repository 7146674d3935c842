import Backends
import Layers
import Models
import Tensors
import TestSupport
import Testing

/// The slope penalties' gradients, which are second derivatives, against finite differences of what the step measures.
@Suite struct PenaltyTests {
  @Test(arguments: [(Float(10), Float(0)), (0, 10)])
  func gradients(gradientPenalty: Float, r1: Float) throws {
    let device = try TestDevice.reference.device()
    var configuration = DenseGAN.Configuration.vanilla
    configuration.imageShape = [3, 2, 1]
    configuration.latentSize = 3
    configuration.generatorUnits = [4]
    configuration.discriminatorUnits = [5, 4]
    configuration.objective.loss = .wasserstein
    configuration.objective.gradientPenalty = gradientPenalty
    configuration.objective.r1 = r1
    configuration.objective.spectralNorm = gradientPenalty == 0
    let samples = Tensor.randomUniform([6, 3, 2, 1], low: -1, using: RandomGenerator(seed: 1), on: device)

    /// The discriminator's loss with a weight changed by `change`, and the gradient that its optimizer was given.
    func loss(_ place: (parameter: Int, element: Int), change: Float) throws -> (value: Float, gradients: [[Float]]) {
      let model = DenseGAN(configuration, on: device, seed: 2)
      // Without the step of power iteration, which would see the change too.
      model.evaluate()
      let parameter = model.discriminator.trainableParameters[place.parameter]
      var values = try parameter.value.scalars()
      values[place.element] += change
      parameter.value = Tensor(values, shape: parameter.shape, on: device)
      let learners = model.learners { SGD(learningRate: 1e-3, momentum: 0.5) }
      let measured = try model.adversarialStep(samples, noise: SeededNoise(on: device), StepContext(learners))
      let value = try ["real", "generated", "penalty"].reduce(Float(0)) { $0 + (try measured[$1]!.scalar()) }
      // The first value of the momentum is the gradient times the rate, downwards.
      return (value, try learners[0].checkpointState().tensors.map { try $0.value.scalars().map { -1e3 * $0 } })
    }

    for parameter in [0, 2, 4] {
      for element in [0, 3] {
        // Small: where a leaky ReLU bends, slopes jump.
        let place = (parameter, element), step: Float = 5e-4
        let found = try loss(place, change: 0).gradients[parameter][element]
        let slope = (try loss(place, change: step).value - (try loss(place, change: -step).value)) / (2 * step)
        #expect(abs(found - slope) <= 0.02 * max(1, abs(slope)), "parameter \(parameter), \(element): \(found), \(slope)")
      }
    }
  }
}

/// The same numbers for every step.
private final class SeededNoise: AdversarialNoise {
  private let device: Device, random = RandomGenerator(seed: 3)

  init(on device: Device) { self.device = device }

  func latents(_ count: Int) -> Tensor { .randomNormal([count, 3], using: random, on: device) }
  func classes(_ count: Int) -> Tensor? { nil }
  func uniform(_ shape: Shape) -> Tensor { .randomUniform(shape, using: random, on: device) }
}
