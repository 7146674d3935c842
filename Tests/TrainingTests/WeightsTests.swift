import Foundation
import Layers
import ReferenceBackend
import TestSupport
import Tensors
import Testing
import Training

/// The weights of any module in a file of their own.
@Suite struct WeightsTests {
  private static func network(seed: UInt64, units: Int = 3) -> Sequential {
    let context = LayerContext(device: Device(ReferenceBackend()), generator: RandomGenerator(seed: seed))
    return Sequential(Dense(inputSize: 2, units: units, in: context), BatchNorm(channels: units, in: context))
  }

  @Test func weightsComeBack() throws {
    let folder = try TemporaryFolder(), file = folder.url.appendingPathComponent("weights.safetensors")
    let saved = Self.network(seed: 1), loaded = Self.network(seed: 2)
    try saved.saveWeights(to: file)
    try loaded.loadWeights(from: file)
    for (old, new) in zip(saved.parameters, loaded.parameters) {
      #expect(try old.value.scalars() == new.value.scalars())
    }
    #expect(loaded.trainableParameters.allSatisfy { $0.value.isTracked })
  }

  @Test func weightsOfAnotherShapeChangeNothing() throws {
    let folder = try TemporaryFolder(), file = folder.url.appendingPathComponent("weights.safetensors")
    try Self.network(seed: 1, units: 4).saveWeights(to: file)
    let network = Self.network(seed: 2), before = try network.parameters.map { try $0.value.scalars() }
    let error = #expect(throws: CheckpointError.self) { try network.loadWeights(from: file) }
    #expect("\(error!)".contains("“layers.0.weight” has shape [2, 4], the model wants [2, 3]"))
    #expect(try network.parameters.map { try $0.value.scalars() } == before)
  }
}
