import Backends
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

/// Three steps of a small dense GAN with each technique from the weights, images, latents and uniform numbers of
/// `Tests/Fixtures/README.md` against PyTorch in float64: what is measured, weights, statistics, what the techniques
/// remember, and the optimizers' memory of both networks.
@Suite struct TechniqueFixtureTests {
  @Test(arguments: TestDevices.withReference, fixture("gan-techniques"))
  func technique(device: TestDevice, expected: FixtureCase) throws {
    let device = try device.device()
    let model = DenseGAN(configuration(expected), on: device, seed: 0)
    initialize(model.generator.parameters + model.discriminator.parameters)
    if let average = model.memory.average {
      for (copy, value) in zip(average.network.parameters, model.generator.parameters) { copy.value = value.value }
    }
    let learners = model.learners { Adam(learningRate: 2e-4, beta1: 0.5, epsilon: 1e-3) }
    let context = StepContext(learners), noise = PhiloxNoise(latentShape: [7], on: device)
    var measured = [(name: String, value: Float)]()
    for step in 0..<3 {
      let pixels = draw((77, UInt32(step)), 12 * 30).map { 2 * $0 - 1 }
      let measurements = try model.adversarialStep(
        Tensor(pixels, shape: [12, 6, 5, 1], on: device), noise: noise, context)
      measured += try measurements.entries.map { ($0.name, try $0.value.scalar()) }
    }
    expectTerms(measured, expected)

    let parameters = model.generator.parameters + model.discriminator.parameters
    try expectDigest(
      of: parameters.map(\.value), norms: expected["parameterNorm"], sums: expected["parameterSum"], negligible: 1e-5)
    for learner in learners {
      try expectDigest(
        of: learner.checkpointState().tensors.map(\.value), norms: expected["\(learner.name)SlotNorm"], negligible: 1e-5)
    }
    if let average = model.memory.average {
      try expectDigest(
        of: average.network.parameters.map(\.value), norms: expected["averageNorm"], sums: expected["averageSum"], negligible: 1e-5)
    }
    if expected.has("history") {
      let histories = model.memory.namedParameters().filter { $0.name.contains(".means.") }
      let names = histories.map { String($0.name.prefix { $0 != "H" }) }
      for network in ["discriminator", "generator"] {
        let means = zip(names, histories).filter { $0.0 == network }.map(\.1.parameter.value)
        try expectDigest(of: means, norms: expected["\(network)HistoryNorm"], negligible: 1e-5)
      }
    }
  }

  private func configuration(_ expected: FixtureCase) -> DenseGAN.Configuration {
    func number(_ name: String) -> Float? { expected.has(name) ? expected.number(name) : nil }
    var configuration = DenseGAN.Configuration()
    configuration.imageShape = [6, 5, 1]
    configuration.latentSize = 7
    configuration.generatorUnits = [9, 11]
    configuration.discriminatorUnits = [10, 8]
    if expected.has("normalization") {
      configuration.normalization = NetworkNormalization(rawValue: expected.text("normalization"))!
      configuration.discriminatorNormalization = NetworkNormalization(rawValue: expected.text("discriminator_normalization"))!
    }
    if expected.has("loss") { configuration.objective.loss = AdversarialObjective.Loss(rawValue: expected.text("loss"))! }
    if expected.has("real") { configuration.objective.realLabels = expected.numbers("real") }
    if expected.has("generated") { configuration.objective.generatedLabels = expected.numbers("generated") }
    configuration.objective.noisyLabels = number("noisy") ?? 0
    configuration.objective.gradientPenalty = number("penalty") ?? 0
    configuration.objective.r1 = number("r1") ?? 0
    configuration.objective.weightClipping = number("clip") ?? 0
    configuration.objective.spectralNorm = expected.has("spectral")
    configuration.objective.featureMatching = expected.has("matching")
    configuration.objective.minibatchDiscrimination = expected.has("closeness") ? 3 : 0
    configuration.objective.historicalAveraging = number("history") ?? 0
    configuration.objective.movingAverage = number("average") ?? 0
    configuration.objective.discriminatorSteps = expected.has("steps") ? expected.integer("steps") : 1
    configuration.objective.accuracyGate = number("gate") ?? 1
    return configuration
  }

  /// Weights by the formula of the fixture; the vectors of spectral normalization likewise, of length 1.
  private func initialize(_ parameters: [Parameter]) {
    ModelsTests.initialize(parameters)
    for (position, parameter) in parameters.enumerated() where parameter.name.hasSuffix("Vector") {
      let values = draw((4321, UInt32(position)), parameter.shape.count).map { Double(2 * $0 - 1) }
      let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
      parameter.value = Tensor(values.map { Float($0 / length) }, shape: parameter.shape, on: parameter.value.device)
    }
  }

  /// Every measurement in the order in which it was made.
  private func expectTerms(_ measured: [(name: String, value: Float)], _ expected: FixtureCase) {
    let names = expected.text("terms").split(separator: " ").map(String.init), values = expected["terms"].scalars
    for name in Set(names).union(measured.map(\.name)).sorted() {
      let wanted = zip(names, values).filter { $0.0 == name }.map(\.1), found = measured.filter { $0.name == name }.map(\.value)
      #expect(found.count == wanted.count, "\(name) is measured \(found.count) times, by PyTorch \(wanted.count) times")
      for (found, wanted) in zip(found, wanted) {
        #expect(abs(found - wanted) <= 1e-4 * max(0.1, abs(wanted)), "\(name): \(found), PyTorch \(wanted)")
      }
    }
  }
}
