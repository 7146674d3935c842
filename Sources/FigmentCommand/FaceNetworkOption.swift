import ArgumentParser
import Figment
import Foundation

/// What `figment train age-cgan` tells people apart by.
struct FaceNetworkOption: ParsableArguments {
  @Option(
    help: """
      Of age-cgan, the weights of the network that tells people apart: dlib's (.dat), or Inception-ResNet-v2's as Keras saves them \
      (.h5), with an untrained head; or own, a small network that the run trains on drawn people. Default: dlib's that \
      'make weights' gets; without them, own.
      """, completion: .file(extensions: ["dat", "h5"]))
  var faceWeights: String?

  /// - Parameter resuming: Whether the configuration is of a run, which keeps its own network or goes on without one.
  /// - Throws: `UsageError` if the model has no face network, or the run cannot go on with this one.
  func applied<Configuration: ModelConfiguration>(to configuration: Configuration, resuming: Bool = false) throws -> Configuration {
    let own = AgeConditionalGAN.Configuration.ownFaceNetwork
    return try configuration.changed(by: [("face-weights", faceWeights)], of: AgeConditionalGAN.self) { changed in
      guard let faceWeights else { return }
      if resuming, (changed.faceWeights == own) != (faceWeights == own) {
        throw UsageError(
          (faceWeights == own
            ? "the run has no face network of its own" : "the run has a face network of its own, which learns with it")
            + "; begin another run for --face-weights \(faceWeights)")
      }
      changed.faceWeights = faceWeights == own ? own : URL(fileURLWithPath: faceWeights).path
    }
  }
}
