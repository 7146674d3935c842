import CPUBackend
import Foundation
import Interchange
import Tensors
import TestSupport

@testable import Backbones

/// Files with weights of other programs: Keras' HDF5 files, dlib's.
struct WeightTargets {
  let folder: TemporaryFolder

  func all() throws -> [FuzzTarget] { [try keras(), try dlib()] }

  private func keras() throws -> FuzzTarget {
    let corpus = try fixtures("InterchangeTests/Fixtures", endingWith: ".h5")
    return FuzzTarget("hdf5", corpus: corpus, mutate: WeightTargets.changingPlaces) { bytes in
      let weights = try KerasWeights(contentsOf: folder.write(bytes, "weights.h5"))
      _ = try weights.file.floats(weights.layers.flatMap { $0.weights.map(\.dataset) })
    }
  }

  private func dlib() throws -> FuzzTarget {
    let architecture = DlibFaceNetwork.Architecture(
      stemFilters: 4, levels: [(4, 2, false), (6, 2, true), (8, 1, true), (9, 2, true), (9, 1, true)], embeddingSize: 5)
    let corpus = try fixtures("Fixtures", endingWith: "dlib-narrow.dat")
    let device = Device(CPUBackend())
    return FuzzTarget("dlib", corpus: corpus, mutate: WeightTargets.changingPlaces) { bytes in
      _ = try DlibFaceNetwork(weights: folder.write(bytes, "faces.dat"), architecture, on: device)
    }
  }

  /// Single bytes anywhere, which keep the length: what is long and full of places that say where others are.
  private static func changingPlaces(_ mutator: inout Mutator, _ input: [UInt8], _ other: [UInt8]) -> [UInt8] {
    var bytes = input
    for _ in 0..<mutator.changeCount() {
      let place = mutator.below(bytes.count)
      bytes[place] = mutator.pick([0, 1, bytes[place] ^ 1 << UInt8(mutator.below(8)), 0x7F, 0xFF, UInt8(mutator.below(256))])
    }
    return bytes
  }
}
