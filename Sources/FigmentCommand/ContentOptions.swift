import ArgumentParser
import Figment
import Foundation

/// What `figment train srgan` goes by when it tells images apart.
struct ContentOptions: ParsableArguments {
  @Option(help: "Whose features are compared in the second stage; without any, pixels are. Default: vgg16.")
  var contentNetwork: SRGAN.Configuration.ContentNetwork?

  @Option(help: "The layer of these features. Default: block3_conv3.")
  var contentLayer: String?

  @Option(
    help:
      "The network's weights, as Keras saves them (.h5). Default: those of VGG16 that 'make weights' gets; without them, pixels.",
    completion: .file(extensions: ["h5"]))
  var contentWeights: String?

  /// The options that were given, by name.
  var given: [(String, Any?)] {
    [("content-network", contentNetwork), ("content-layer", contentLayer), ("content-weights", contentWeights)]
  }

  /// - Throws: `UsageError` if the model has no content loss; `ConfigurationError` if there is no such layer.
  func applied<Configuration: ModelConfiguration>(to configuration: Configuration) throws -> Configuration {
    guard let (name, _) = given.first(where: { $0.1 != nil }) else { return configuration }
    guard var changed = configuration as? SRGAN.Configuration else { throw UsageError("--\(name) is for srgan alone") }
    changed.contentNetwork = contentNetwork ?? changed.contentNetwork
    changed.contentLayer = contentLayer ?? changed.contentLayer
    changed.contentWeights = contentWeights.map { URL(fileURLWithPath: $0).path } ?? changed.contentWeights
    // Who asks for features gets them, or hears why not.
    if changed.contentNetwork == .vgg16, changed.contentWeights == nil {
      changed.contentWeights = try PretrainedWeights.vgg16.locate().path
    }
    try changed.validate()
    // The same value, whose type was only out of sight.
    return changed as! Configuration
  }
}

extension SRGAN.Configuration.ContentNetwork: ExpressibleByArgument {}
