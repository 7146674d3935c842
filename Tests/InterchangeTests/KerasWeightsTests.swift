import Foundation
import TestSupport
import Testing

@testable import Interchange

/// Files of `Fixtures/keras_files.py`: a convolution 3 → 4, a normalization, a convolution 4 → 2.
@Suite struct KerasWeightsTests {
  @Test(arguments: [
    "keras-old.h5", "keras-latest.h5", "keras-whole.h5", "keras-fixed.h5", "keras-first.h5", "keras-float16.h5", "keras-float64.h5",
    "keras-packed.h5", "keras-three.weights.h5", "keras-nested.weights.h5",
  ])
  func everyLayoutIsReadByLayer(name: String) throws {
    let weights = try KerasWeights(contentsOf: fixture(name))
    let names = ["block1_conv1", "norm", "last"]
    #expect(Set(weights.layers.map(\.name)) == Set(names) && !weights.layers.contains { !$0.isNamed })
    let layers = try names.map { try #require(weights.layers(named: $0).first) }
    let roles: [[KerasWeights.Role?]] = layers.map { $0.weights.map(\.role) }
    if !name.contains(".weights.") {
      #expect(roles == [[.kernel, .bias], [.beta, .movingMean, .movingVariance], [.kernel, .bias]])
    }
    let values = try weights.file.floats(layers.flatMap { $0.weights.map(\.dataset) })
    #expect(values.map(\.count) == [108, 4, 4, 4, 4, 8, 2])
    for (number, values) in values.enumerated() {
      #expect(values == values.indices.map { Float($0 + 8 * number) / 8 }, "weight \(number)")
    }
  }

  @Test func layersWithoutNamesComeInTheirOrder() throws {
    let weights = try KerasWeights(contentsOf: fixture("keras-unnamed.weights.h5"))
    #expect(weights.layers.map(\.name) == ["block1/layers/conv2d", "block2/layers/batch_normalization", "block2/layers/conv2d"])
    #expect(!weights.layers.contains { $0.isNamed })
    let names = ["layers/conv2d_10/vars", "layers/conv2d/vars", "block10/layers/a", "layers/conv2d_2/vars", "block9/layers/a"]
    #expect(
      names.sorted(by: KerasWeights.isNaturallyBefore)
        == ["block9/layers/a", "block10/layers/a", "layers/conv2d/vars", "layers/conv2d_2/vars", "layers/conv2d_10/vars"])
  }

  @Test(arguments: [
    ("keras-lying-layer.h5", "attribute “layer_names”: it names the layer “final”, of which there is no group"),
    (
      "keras-lying-weight.h5",
      "layer “norm”: its attribute “weight_names” names “sequential/norm/mean”, of which there is no dataset"
    ),
    ("plain.h5", "it holds no weights that Keras saved"),
  ])
  func whatAttributesSayOfNothingIsAnError(name: String, problem: String) {
    let error = #expect(throws: InterchangeError.self) { try KerasWeights(contentsOf: fixture(name)) }
    #expect("\(error!)".contains("\(name), ") && "\(error!)".contains(problem), "\(error!)")
  }
}
