import ArgumentParser
import Figment
import Foundation

/// What `figment train age-cgan` tells people apart by.
struct FaceNetworkOption: ParsableArguments {
  @Option(
    help: """
      Of age-cgan, the weights of the network that tells people apart: dlib's (.dat), or Inception-ResNet-v2's as Keras saves them \
      (.h5), with an untrained head. Default: dlib's that 'make weights' gets.
      """, completion: .file(extensions: ["dat", "h5"]))
  var faceWeights: String?

  /// - Throws: `UsageError` if the model has no face network.
  func applied<Configuration: ModelConfiguration>(to configuration: Configuration) throws -> Configuration {
    try configuration.changed(by: [("face-weights", faceWeights)], of: AgeConditionalGAN.self) { changed in
      changed.faceWeights = faceWeights.map { URL(fileURLWithPath: $0).path }
    }
  }
}
