import Backends
import ReferenceBackend
import Tensors
import TestSupport
import Testing

@testable import Models

/// Faces drawn by an age-conditional GAN.
@Suite(.enabled(if: !TestDevices.areChosen)) struct AgeGenerationTests {
  static let latents = 4, classes = 6

  private func model() throws -> AgeConditionalGAN {
    var configuration = AgeConditionalGAN.Configuration.small
    configuration.latentSize = Self.latents
    (configuration.generatorUnits, configuration.generatorFilters) = (8, [4, 4, 4])
    (configuration.encoderUnits, configuration.encoderFilters) = (8, [4, 4, 4, 4])
    configuration.discriminatorFilters = [4, 4, 4, 4]
    return AgeConditionalGAN(configuration, on: try Device(TestDevices.all[0].backend()), seed: 5)
  }

  private func groups(_ latents: Tensor) throws -> [Int?] {
    let values = try latents.scalars(), size = Self.latents + Self.classes
    return stride(from: 0, to: values.count, by: size).map { start in
      let label = Array(values[start + Self.latents..<start + size])
      guard label.reduce(0, +) == 1, label.allSatisfy({ $0 == 0 || $0 == 1 }) else { return nil }
      return label.firstIndex(of: 1)
    }
  }

  @Test func facesAreOfAllAgesInTurnOrOfOne() throws {
    let model = try model()
    #expect(model.latentShape == [10] && model.noiseShape == [4])
    let drawn = model.drawLatents(8, using: RandomGenerator(seed: 1))
    #expect(try groups(drawn) == [0, 1, 2, 3, 4, 5, 0, 1])
    let old = model.drawLatents(8, using: RandomGenerator(seed: 1)) { _ in 5 }
    #expect(try groups(old) == Array(repeating: 5, count: 8))
    // The same people.
    let (first, second) = (try drawn.scalars(), try old.scalars())
    #expect((0..<8).allSatisfy { first[$0 * 10..<$0 * 10 + 4] == second[$0 * 10..<$0 * 10 + 4] })
    model.evaluate()
    let made = try withoutGradient { try model.decode(drawn).scalars() }
    let labels = Tensor([0, 1, 2, 3, 4, 5, 0, 1], on: model.device)
    #expect(try made == withoutGradient { try model.generate(drawn.sliced(0..<4, axis: 1), labels: labels).scalars() })
  }

  @Test func mixedLatentsKeepTheAgeOfTheFirst() throws {
    let model = try model(), noise = FixedNoise(seed: 2, batchSize: 8)
    #expect(try groups(model.interpolatedLatents(rows: 2, steps: 3, noise)) == [0, 0, 0, 2, 2, 2])
    let sum = try #require(LatentCombination("3 - 1 + 2"))
    #expect(try groups(model.latents(sum, FixedNoise(seed: 2, batchSize: 8))) == [3, 1, 2, 3])
  }

  /// What the generator makes is found again, without an encoder, from pixels and from what a face network says.
  @Test(arguments: [false, true]) func latentsAreFoundByDescent(byFeatures: Bool) throws {
    let model = try model()
    if byFeatures { model.faceFeatures = { $0.averagePooled(size: [16, 16]).reshaped(to: [$0.shape[0], -1]) * 4 } }
    model.evaluate()
    let wanted = Tensor([0.8, -0.5, 0.3, 0.1, -0.4, 0.9, -0.2, 0.6], shape: [2, 4], on: model.device)
    let labels = Tensor([1, 4], on: model.device), zeros = Tensor.zeros([2, 4], on: model.device)
    let images = withoutGradient { model.generate(wanted, labels: labels) }
    var steps = [Int]()
    let found = try model.optimized(zeros, for: images, labels: labels, steps: 60) { steps.append($0) }
    #expect(steps == Array(0..<60))
    func errors(_ latents: Tensor) throws -> [Float] {
      try withoutGradient {
        try (model.generate(latents, labels: labels) - images).squared().sum(axes: [1, 2, 3]).scalars()
      }
    }
    for (before, after) in zip(try errors(zeros), try errors(found)) { #expect(after < 0.1 * before, "\(after) of \(before)") }
  }
}
